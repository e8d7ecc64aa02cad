"use client";

/** One more deployment of a strategy that exists, as it is designed. */
import { type FormEvent } from "react";

import { useWish } from "@/components/strategies/use-wish";
import { Button } from "@/components/ui/button";
import { SelectField, TextField } from "@/components/ui/field";
import { Empty, Shown } from "@/components/ui/states";
import { useQuery } from "@/lib/live/use-query";
import { deployAgain, readAvailableStrategies } from "@/lib/tables/strategies";
import { CandlestickChart } from "lucide-react";

export function FromStrategy({ onCreated }: { onCreated: () => void }) {
  const strategies = useQuery("available strategies", readAvailableStrategies, ["strategy_configs"]);
  const [isBusy, carryOut] = useWish();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = String(form.get("name"));
    const deploy = () => deployAgain(String(form.get("strategy")), name);
    if (await carryOut(deploy, `${name} is created and starting.`)) onCreated();
  };
  return (
    <Shown query={strategies}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty icon={CandlestickChart} title="No strategy of yours yet" />
        ) : (
          <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-5 pt-1">
            <SelectField label="Strategy" name="strategy" required>
              {rows.map((strategy) => (
                <option key={strategy.id} value={strategy.id}>
                  {strategy.name} ({strategy.configs} so far)
                </option>
              ))}
            </SelectField>
            <TextField label="Name of the deployment" name="name" required maxLength={100} />
            <Button look="primary" type="submit" isBusy={isBusy}>
              Create and start the simulation
            </Button>
          </form>
        )
      }
    </Shown>
  );
}
