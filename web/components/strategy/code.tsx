"use client";

/** The code of a code strategy: edit, check, dry run, save. */
import { useState } from "react";

import { CodeEditor } from "@/components/code/code-editor";
import { CodeReport } from "@/components/code/code-report";
import { useWish } from "@/components/strategies/use-wish";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Shown } from "@/components/ui/states";
import { callApi } from "@/lib/api";
import type { CodeCheck } from "@/lib/code";
import { useQuery } from "@/lib/live/use-query";
import { useSettings } from "@/lib/session";
import type { ConfigDetails } from "@/lib/tables/configs";
import { readDesign, saveCode } from "@/lib/tables/strategies";

export function Code({ config }: { config: ConfigDetails }) {
  const design = useQuery(`design ${config.strategy_id}`, () => readDesign(config.strategy_id));
  return (
    <Shown query={design} lines={6}>
      {(found) => (
        <Editor strategyId={found.id} saved={found.python_code ?? ""} onSaved={design.reload} />
      )}
    </Shown>
  );
}

interface EditorProps {
  strategyId: string;
  saved: string;
  onSaved: () => void;
}

function Editor({ strategyId, saved, onSaved }: EditorProps) {
  const settings = useSettings();
  const [source, setSource] = useState(saved);
  const [check, setCheck] = useState<CodeCheck | null>(null);
  const [isChecking, carryOutCheck] = useWish();
  const [isSaving, carryOutSave] = useWish();

  const tryOut = () =>
    carryOutCheck(async () => {
      const path = `/strategies/${strategyId}/validate-code`;
      const body = { python_code: source };
      setCheck(await callApi<CodeCheck>(settings, { method: "POST", path, body }));
    });
  const save = () =>
    carryOutSave(async () => {
      await saveCode(strategyId, source);
      onSaved();
    }, "Saved. The next decision uses it.");

  return (
    <Card title="Code">
      <CodeEditor
        label="Python"
        value={source}
        onChange={setSource}
        lines={22}
        hint="Defines trading_strategy(context), evaluate(context) or strategy(context)"
      />
      <div className="mt-3 mb-4 flex justify-end gap-2">
        <Button isBusy={isChecking} onClick={() => void tryOut()}>
          Check and dry run
        </Button>
        <Button look="primary" isBusy={isSaving} disabled={source === saved} onClick={() => void save()}>
          Save
        </Button>
      </div>
      {check !== null && <CodeReport check={check} />}
    </Card>
  );
}
