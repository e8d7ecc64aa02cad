"use client";

/** A strategy of pasted Python: checked, explained, then created. */
import { type FormEvent, useState } from "react";

import { CodeEditor } from "@/components/code/code-editor";
import { CodeReport } from "@/components/code/code-report";
import { CommonFields } from "@/components/strategies/common-fields";
import { symbolsOf, useCreation } from "@/components/strategies/create";
import { useWish } from "@/components/strategies/use-wish";
import { Button } from "@/components/ui/button";
import { SelectField } from "@/components/ui/field";
import { Failed } from "@/components/ui/states";
import { callApi } from "@/lib/api";
import type { Conversion } from "@/lib/code";
import { useSettings } from "@/lib/session";

const EXAMPLE = `def trading_strategy(context):
    closes = [candle["close"] for candle in context["candles"][-20:]]
    sma = sum(closes) / len(closes)
    if context["current_price"] > sma and context["position"] is None:
        return {"signal": "buy", "reason": "price above its average", "indicators": {"sma": sma}}
    if context["current_price"] < sma and context["position"] is not None:
        return {"signal": "sell", "reason": "price below its average", "indicators": {"sma": sma}}
    return {"signal": "hold", "indicators": {"sma": sma}}
`;

export function FromCode({ onCreated }: { onCreated: () => void }) {
  const settings = useSettings();
  const { isBusy, error, wrong, create } = useCreation(onCreated);
  const [isChecking, carryOut] = useWish();
  const [source, setSource] = useState(EXAMPLE);
  const [report, setReport] = useState<Conversion | null>(null);

  const check = () =>
    carryOut(async () => {
      const body = { source };
      const found = await callApi<Conversion>(settings, { method: "POST", path: "/convert", body });
      setReport(found);
      if (found.python_code !== null) setSource(found.python_code);
    });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    void create({
      name: String(form.get("name")),
      strategy_type: "code",
      symbols: symbolsOf(String(form.get("symbols"))),
      capital_allocated: String(form.get("capital")),
      python_code: source,
      runner: form.get("runner") === "cron" ? "cron" : "worker",
      auto_start: true,
    });
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-5 pt-1">
      <CommonFields wrong={wrong} />
      <SelectField label="Evaluated by" name="runner" defaultValue="cron">
        <option value="cron">the minute cron, once a minute, simulation only</option>
        <option value="worker">the worker, at each candle</option>
      </SelectField>
      <CodeEditor
        label="Python, Pine, or plain English"
        value={source}
        onChange={setSource}
        lines={12}
        error={wrong["python_code"]}
      />
      {report !== null && <CodeReport check={report.check} note={report.note} />}
      {error !== null && <Failed message={error} />}
      <div className="flex flex-wrap gap-2">
        <Button isBusy={isChecking} onClick={() => void check()}>
          Check and explain
        </Button>
        <Button look="primary" type="submit" isBusy={isBusy} className="flex-1">
          Create and start the simulation
        </Button>
      </div>
    </form>
  );
}
