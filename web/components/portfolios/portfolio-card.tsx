"use client";

/** One portfolio: its balance, what it gained since the beginning, its name to be changed. */
import { Check, Pencil } from "lucide-react";
import { type FormEvent, useState } from "react";

import { Limits } from "@/components/portfolios/limits";
import { Profit } from "@/components/ui/amount";
import { Badge } from "@/components/ui/badge";
import { useAlert } from "@/components/ui/alerts";
import { cn } from "@/lib/class-names";
import { sentenceOf } from "@/lib/live/use-query";
import { fromPaise, rupees, toPaise } from "@/lib/money";
import { type Portfolio, renamePortfolio } from "@/lib/tables/portfolios";

interface PortfolioCardProps {
  portfolio: Portfolio;
  isChosen: boolean;
  onChoose: () => void;
  onChanged: () => void;
}

export function PortfolioCard({ portfolio, isChosen, onChoose, onChanged }: PortfolioCardProps) {
  return (
    <section
      aria-label={portfolio.name}
      className={cn("bg-surface rounded-card border p-4 transition", isChosen && "border-accent")}
    >
      <div className="mb-3 flex items-center justify-between gap-2">
        <Name portfolio={portfolio} onRenamed={onChanged} />
        <Badge tone={portfolio.mode === "live" ? "live" : "neutral"}>
          {portfolio.mode === "live" ? "Live" : "Simulated money"}
        </Badge>
      </div>
      <p className="tabular text-2xl font-semibold tracking-tight">{rupees(portfolio.balance)}</p>
      <p className="text-muted mt-1 text-sm">
        <Profit amount={gainOf(portfolio)} /> since the beginning with {rupees(portfolio.initial_capital)}
      </p>
      <Limits portfolio={portfolio} onChanged={onChanged} />
      <button
        type="button"
        onClick={onChoose}
        aria-pressed={isChosen}
        className="text-accent mt-3 text-sm font-medium underline-offset-4 hover:underline"
      >
        {isChosen ? "Its ledger is below" : "Show its ledger"}
      </button>
    </section>
  );
}

function Name({ portfolio, onRenamed }: { portfolio: Portfolio; onRenamed: () => void }) {
  const alert = useAlert();
  const [isEdited, setIsEdited] = useState(false);
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    try {
      await renamePortfolio(portfolio.id, String(new FormData(event.currentTarget).get("name")));
      setIsEdited(false);
      onRenamed();
    } catch (error) {
      alert("error", `The name was not changed: ${sentenceOf(error)}`);
    }
  };
  if (!isEdited) {
    return (
      <h2 className="flex min-w-0 items-center gap-1.5 font-semibold">
        <span className="truncate">{portfolio.name}</span>
        <button type="button" aria-label={`Rename ${portfolio.name}`} onClick={() => setIsEdited(true)}>
          <Pencil aria-hidden className="text-muted hover:text-ink size-3.5" />
        </button>
      </h2>
    );
  }
  return (
    <form onSubmit={(event) => void save(event)} className="flex min-w-0 flex-1 gap-1.5">
      <input
        name="name"
        aria-label="Name"
        defaultValue={portfolio.name}
        required
        autoFocus
        className="bg-surface min-w-0 flex-1 rounded-md border px-2 py-1 text-sm"
      />
      <button type="submit" aria-label="Save the name" className="text-gain">
        <Check aria-hidden className="size-4" />
      </button>
    </form>
  );
}

function gainOf(portfolio: Portfolio): string | null {
  const balance = toPaise(portfolio.balance);
  const beginning = toPaise(portfolio.initial_capital);
  return balance === null || beginning === null ? null : fromPaise(balance - beginning);
}
