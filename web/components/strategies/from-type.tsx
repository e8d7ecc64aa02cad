"use client";

/** A strategy of one of the types, with a form made of what the type takes. */
import { type FormEvent, useState } from "react";

import { type FormValues, SchemaForm } from "@/components/forms/schema-form";
import { CommonFields } from "@/components/strategies/common-fields";
import { symbolsOf, useCreation } from "@/components/strategies/create";
import { Button } from "@/components/ui/button";
import { SelectField } from "@/components/ui/field";
import { Failed } from "@/components/ui/states";
import { RISK_PARAMETERS, STRATEGY_TYPES, typeName } from "@/lib/strategy-types";

const TYPES = STRATEGY_TYPES.filter((type) => !type.brings_code);

export function FromType({ onCreated }: { onCreated: () => void }) {
  const { isBusy, error, wrong, create } = useCreation(onCreated);
  const [chosen, setChosen] = useState(TYPES[0]);
  const [parameters, setParameters] = useState<FormValues>({});
  const [risk, setRisk] = useState<FormValues>({});

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    if (chosen === undefined) return;
    void create({
      name: String(form.get("name")),
      strategy_type: chosen.name,
      symbols: symbolsOf(String(form.get("symbols"))),
      capital_allocated: String(form.get("capital")),
      parameters,
      risk_parameters: risk,
      auto_start: true,
    });
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-5 pt-1">
      <SelectField
        label="Type"
        value={chosen?.name}
        hint={chosen?.summary}
        onChange={(event) => {
          setChosen(TYPES.find((type) => type.name === event.target.value));
          setParameters({});
        }}
      >
        {TYPES.map((type) => (
          <option key={type.name} value={type.name}>
            {typeName(type.name)}
          </option>
        ))}
      </SelectField>
      <CommonFields wrong={wrong} />
      {chosen !== undefined && (
        <details className="group">
          <summary className="mb-3 text-sm font-medium">Parameters</summary>
          <SchemaForm
            key={chosen.name}
            schema={chosen.parameters}
            values={parameters}
            onChange={setParameters}
            errors={wrong}
          />
        </details>
      )}
      <details>
        <summary className="mb-3 text-sm font-medium">Risk limits</summary>
        <SchemaForm schema={RISK_PARAMETERS} values={risk} onChange={setRisk} errors={wrong} />
      </details>
      {error !== null && <Failed message={error} />}
      <Button look="primary" type="submit" isBusy={isBusy}>
        Create and start the simulation
      </Button>
    </form>
  );
}
