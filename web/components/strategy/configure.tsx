"use client";

/** Parameters and limits of a deployment; a change is used by the next decision. */
import { useState } from "react";

import { type FormValues, SchemaForm } from "@/components/forms/schema-form";
import { useWish } from "@/components/strategies/use-wish";
import { PortfolioField } from "@/components/strategy/portfolio-field";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { TextField } from "@/components/ui/field";
import { Shown } from "@/components/ui/states";
import { useQuery } from "@/lib/live/use-query";
import type { Json } from "@/lib/database.types";
import { type FormSchema, RISK_PARAMETERS, typeOf } from "@/lib/strategy-types";
import type { ConfigDetails } from "@/lib/tables/configs";
import { type StrategyDesign, readDesign, updateStrategy } from "@/lib/tables/strategies";

interface ConfigureProps {
  config: ConfigDetails;
  onSaved: () => void;
}

export function Configure({ config, onSaved }: ConfigureProps) {
  const design = useQuery(`design ${config.strategy_id}`, () => readDesign(config.strategy_id));
  return (
    <Shown query={design} lines={6}>
      {(found) => (
        <Form
          config={config}
          design={found}
          onSaved={() => {
            design.reload();
            onSaved();
          }}
        />
      )}
    </Shown>
  );
}

function Form({ config, design, onSaved }: ConfigureProps & { design: StrategyDesign }) {
  const settings = settingsOf(config, design);
  const [parameters, setParameters] = useState<FormValues>(settings.parameters);
  const [risk, setRisk] = useState<FormValues>(settings.risk_parameters);
  const [capital, setCapital] = useState(settings.capital);
  const [isBusy, carryOut] = useWish();
  const type = typeOf(design.strategy_type);

  const save = () =>
    carryOut(async () => {
      const changes = {
        // The design may say what the deployment, which has not taken it up yet, does not.
        parameters: changesOf({ ...design.config, ...settings.parameters }, parameters, type?.parameters),
        risk_parameters: changesOf(
          { ...design.risk_parameters, ...settings.risk_parameters },
          risk,
          RISK_PARAMETERS,
        ),
        ...(capital === settings.capital ? {} : { capital }),
      };
      await updateStrategy(design.id, changes, config.is_default ? null : config.id);
      onSaved();
    }, "Saved. The next decision uses it.");

  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {config.trade_mode === "LIVE" && (
        <p className="text-warn text-sm">
          A change takes this deployment back to simulation: the approval was given for what it is now.
        </p>
      )}
      {type !== undefined && Object.keys(type.parameters.properties).length > 0 && (
        <Card title="Parameters">
          <SchemaForm schema={type.parameters} values={parameters} onChange={setParameters} />
        </Card>
      )}
      <Card title="Portfolio">
        <PortfolioField config={config} onSaved={onSaved} />
      </Card>
      <Card title="Capital and risk limits">
        <TextField
          label="Capital in rupees"
          value={capital}
          inputMode="decimal"
          pattern="[0-9]+(\.[0-9]{1,2})?"
          title="Rupees, with at most two decimals"
          required
          onChange={(event) => setCapital(event.target.value)}
          className="mb-4 sm:max-w-72"
        />
        <SchemaForm schema={RISK_PARAMETERS} values={risk} onChange={setRisk} />
      </Card>
      <Button look="primary" type="submit" isBusy={isBusy} className="self-end">
        Save changes
      </Button>
    </form>
  );
}

/** All values; of what was set and is no longer, the default, because changes are laid over. */
function changesOf(before: FormValues, now: FormValues, schema?: FormSchema): Record<string, Json> {
  const gone = Object.keys(before).filter((name) => !(name in now));
  const defaults = gone.map((name) => [name, schema?.properties[name]?.default ?? null] as const);
  return { ...Object.fromEntries(defaults), ...now };
}

interface DeploymentSettings {
  readonly parameters: FormValues;
  readonly risk_parameters: FormValues;
  readonly capital: string;
}

/** What the deployment itself has been given; the design's where it says nothing. */
function settingsOf(config: ConfigDetails, design: StrategyDesign): DeploymentSettings {
  const own = config.config_json as Partial<DeploymentSettings>;
  return {
    parameters: own.parameters ?? design.config,
    risk_parameters: own.risk_parameters ?? design.risk_parameters,
    capital: String(own.capital ?? design.capital_allocated),
  };
}
