"use client";

/** What all deployments of a portfolio may do together: shown, and changed in a dialog. */
import { ShieldCheck } from "lucide-react";
import { type FormEvent, useId, useState } from "react";

import { useWish } from "@/components/strategies/use-wish";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { TextField } from "@/components/ui/field";
import { count } from "@/lib/money";
import { limitPortfolio, type Portfolio } from "@/lib/tables/portfolios";

const PERCENT = String.raw`[0-9]+(\.[0-9]+)?`;

export function Limits({ portfolio, onChanged }: { portfolio: Portfolio; onChanged: () => void }) {
  const [isOpen, setIsOpen] = useState(false);
  const { limits } = portfolio;
  return (
    <>
      <dl className="mt-3 grid grid-cols-3 gap-2 border-t pt-3 text-xs" aria-label="Limits">
        <Limit name="Loss of a day" value={`${percent(limits.daily_loss_limit_pct)} %`} />
        <Limit name="Outlay" value={`${percent(limits.max_outlay_pct)} %`} />
        <Limit name="Open trades" value={count(limits.max_open_trades)} />
      </dl>
      <button
        type="button"
        onClick={() => setIsOpen(true)}
        className="text-accent mt-2 inline-flex items-center gap-1.5 text-sm font-medium underline-offset-4 hover:underline"
      >
        <ShieldCheck aria-hidden className="size-3.5" />
        Change limits <span className="sr-only">of {portfolio.name}</span>
      </button>
      <LimitsDialog
        portfolio={portfolio}
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
        onChanged={() => {
          setIsOpen(false);
          onChanged();
        }}
      />
    </>
  );
}

function Limit({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="text-muted">{name}</dt>
      <dd className="tabular text-sm font-medium">{value}</dd>
    </div>
  );
}

interface LimitsDialogProps {
  portfolio: Portfolio;
  isOpen: boolean;
  onClose: () => void;
  onChanged: () => void;
}

function LimitsDialog({ portfolio, isOpen, onClose, onChanged }: LimitsDialogProps) {
  const form = useId();
  const [isBusy, carryOut] = useWish();
  const { limits } = portfolio;

  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const wanted = {
      daily_loss_limit_pct: String(values.get("loss")),
      max_outlay_pct: String(values.get("outlay")),
      max_open_trades: Number(values.get("trades")),
    };
    if (await carryOut(() => limitPortfolio(portfolio.id, wanted), "The limits are changed.")) onChanged();
  };

  return (
    <Dialog
      isOpen={isOpen}
      title={`Limits of ${portfolio.name}`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={form} isBusy={isBusy}>
            Save
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={(event) => void save(event)} className="flex flex-col gap-4 pt-1">
        <TextField
          label="Loss of a day, percent of the capital"
          name="loss"
          inputMode="decimal"
          pattern={PERCENT}
          title="Percent, above 0 and at most 100"
          defaultValue={percent(limits.daily_loss_limit_pct)}
          hint="Realised and open together: beyond it everything of this portfolio is closed for the day."
          required
        />
        <TextField
          label="Outlay, percent of the capital"
          name="outlay"
          inputMode="decimal"
          pattern={PERCENT}
          title="Percent, above 0 and at most 1000"
          defaultValue={percent(limits.max_outlay_pct)}
          hint="What all open trades may tie up at a time."
          required
        />
        <TextField
          label="Open trades"
          name="trades"
          type="number"
          min={1}
          max={1000}
          defaultValue={limits.max_open_trades}
          hint="Of all strategies together; the legs of one signal count once."
          required
        />
        <p className="text-muted text-xs">What runs goes by them from its next decision on.</p>
      </form>
    </Dialog>
  );
}

/** "6.0000" as "6". */
function percent(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
