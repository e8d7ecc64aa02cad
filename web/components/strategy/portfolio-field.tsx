"use client";

/** The portfolio a deployment trades with: chosen here, used by its next entry. */
import { useWish } from "@/components/strategies/use-wish";
import { SelectField } from "@/components/ui/field";
import { Shown } from "@/components/ui/states";
import { useQuery } from "@/lib/live/use-query";
import { rupees } from "@/lib/money";
import { type ConfigDetails, linkPortfolio } from "@/lib/tables/configs";
import { readPortfolios } from "@/lib/tables/portfolios";

interface PortfolioFieldProps {
  config: ConfigDetails;
  onSaved: () => void;
}

export function PortfolioField({ config, onSaved }: PortfolioFieldProps) {
  const portfolios = useQuery("portfolios", readPortfolios, ["portfolios"]);
  const [isBusy, carryOut] = useWish();
  const link = async (id: string) => {
    if (await carryOut(() => linkPortfolio(config.id, id), "The portfolio is linked.")) onSaved();
  };
  return (
    <Shown query={portfolios} lines={1}>
      {(rows) => (
        <SelectField
          label="Trades with"
          value={config.portfolio?.id ?? ""}
          disabled={isBusy || rows.length === 0}
          onChange={(event) => void link(event.target.value)}
          hint={rows.length === 0 ? "Make a portfolio first, on the page Portfolios" : "Saved at once"}
          className="sm:max-w-96"
        >
          <option value="" disabled>
            none: signals only, no trades
          </option>
          {rows.map((portfolio) => (
            <option key={portfolio.id} value={portfolio.id}>
              {portfolio.name} ({portfolio.mode === "live" ? "live" : "simulated money"},{" "}
              {rupees(portfolio.balance)})
            </option>
          ))}
        </SelectField>
      )}
    </Shown>
  );
}
