/** Money and profit, told apart by sign, arrow and colour. */
import { cn } from "@/lib/class-names";
import { rupees, signOf } from "@/lib/money";

const COLOURS = { "-1": "text-loss", "0": "text-muted", "1": "text-gain" };

/** A profit or loss as text of the database: "+₹1,250.00", "−₹80.50"; "–" when not known. */
export function Profit({
  amount,
  className,
}: {
  amount: string | null | undefined;
  className?: string | undefined;
}) {
  const sign = amount === null || amount === undefined ? 0 : signOf(amount);
  return (
    <span className={cn("tabular whitespace-nowrap", COLOURS[`${sign}`], className)}>
      {rupees(amount, { signed: true })}
    </span>
  );
}
