/** The fields every new strategy has: name, symbols, capital. */
import { TextField } from "@/components/ui/field";

export function CommonFields({ wrong }: { wrong: Readonly<Record<string, string>> }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField label="Name" name="name" required maxLength={100} error={wrong["name"]} />
      <TextField
        label="Capital in rupees"
        name="capital"
        inputMode="decimal"
        defaultValue="1000000"
        pattern="[0-9]+(\.[0-9]{1,2})?"
        title="Rupees, with at most two decimals"
        required
        error={wrong["capital_allocated"]}
      />
      <TextField
        label="Symbols, separated by commas"
        name="symbols"
        defaultValue="NIFTY-FUT"
        required
        className="sm:col-span-2"
        hint="NIFTY-FUT is the near-month future, NIFTY the index, RELIANCE the share"
        error={wrong["symbols"]}
      />
    </div>
  );
}
