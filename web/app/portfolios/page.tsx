"use client";

/** Portfolios: what each began with, what it holds, and every entry of its ledger. */
import { Plus, Wallet } from "lucide-react";
import { useState } from "react";

import { NewPortfolio } from "@/components/portfolios/new-portfolio";
import { Ledger } from "@/components/portfolios/ledger";
import { PortfolioCard } from "@/components/portfolios/portfolio-card";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { useQuery } from "@/lib/live/use-query";
import { readPortfolios } from "@/lib/tables/portfolios";

export default function Portfolios() {
  const portfolios = useQuery("portfolios", readPortfolios, ["trades", "portfolios"]);
  const [chosen, setChosen] = useState<string | null>(null);
  const [isNew, setIsNew] = useState(false);
  const add = (
    <Button look="primary" size="small" onClick={() => setIsNew(true)}>
      <Plus aria-hidden className="size-3.5" />
      New portfolio
    </Button>
  );

  return (
    <div className="flex flex-col gap-4">
      <div className="flex justify-end">{add}</div>
      <Shown query={portfolios}>
        {(rows) => {
          if (rows.length === 0) {
            return (
              <Card>
                <Empty icon={Wallet} title="No portfolio yet">
                  A strategy needs one to trade with. Simulated money costs nothing.
                </Empty>
              </Card>
            );
          }
          const shown = rows.find((portfolio) => portfolio.id === chosen) ?? rows[0];
          return (
            <>
              <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
                {rows.map((portfolio) => (
                  <PortfolioCard
                    key={portfolio.id}
                    portfolio={portfolio}
                    isChosen={portfolio.id === shown?.id}
                    onChoose={() => setChosen(portfolio.id)}
                    onChanged={portfolios.reload}
                  />
                ))}
              </div>
              {shown !== undefined && <Ledger portfolio={shown} />}
            </>
          );
        }}
      </Shown>
      <NewPortfolio
        isOpen={isNew}
        onClose={() => setIsNew(false)}
        onCreated={() => {
          setIsNew(false);
          portfolios.reload();
        }}
      />
    </div>
  );
}
