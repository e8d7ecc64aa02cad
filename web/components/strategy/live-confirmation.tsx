"use client";

/** The explicit confirmation: what will happen, and to which open positions. */
import { useState } from "react";

import { useWish } from "@/components/strategies/use-wish";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Switch } from "@/components/ui/switch";
import { callApi } from "@/lib/api";
import { useTrades } from "@/lib/live/use-trades";
import { count, counted, price } from "@/lib/money";
import { useSettings } from "@/lib/session";
import type { ConfigDetails, TradeMode } from "@/lib/tables/configs";

interface LiveConfirmationProps {
  config: ConfigDetails;
  wanted: TradeMode;
  isOpen: boolean;
  onClose: () => void;
}

export function LiveConfirmation({ config, wanted, isOpen, onClose }: LiveConfirmationProps) {
  const settings = useSettings();
  const open = useTrades({ configId: config.id, status: "OPEN" });
  const [isBusy, carryOut] = useWish();
  const [isSure, setIsSure] = useState(false);
  const [keep, setKeep] = useState(false);
  const goesLive = wanted === "LIVE";

  const switchMode = async () => {
    const way = goesLive ? "enable" : "disable";
    const done = await carryOut(
      async () => {
        await callApi(settings, {
          method: "POST",
          path: `/live-trading/${way}/${config.strategy_id}?config_id=${config.id}`,
          body: goesLive ? { confirm: true } : { keep_positions: keep },
        });
      },
      goesLive ? "It trades live from now on." : "It is back in simulation.",
    );
    if (done) onClose();
  };

  return (
    <Dialog
      isOpen={isOpen}
      title={goesLive ? "Trade with real money?" : "Back to simulation?"}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look={goesLive ? "danger" : "primary"}
            isBusy={isBusy}
            disabled={goesLive && !isSure}
            onClick={() => void switchMode()}
          >
            {goesLive ? "Trade live" : "Back to simulation"}
          </Button>
        </>
      }
    >
      <p className="mb-3 text-sm">
        {open.data === null || open.data.length === 0
          ? "No position is open."
          : `${counted(open.data.length, "position")} open now:`}
      </p>
      <ul aria-label="Open positions" className="mb-4 flex flex-col gap-1 text-sm">
        {open.data?.map((trade) => (
          <li key={trade.id} className="flex justify-between rounded-md border px-3 py-1.5">
            <span>
              {trade.side === "BUY" ? "Bought" : "Sold"} {count(trade.open_quantity)} {trade.symbol}
              {trade.trade_mode === "VIRTUAL" && " (simulated)"}
            </span>
            <span className="tabular">{price(trade.entry_price)}</span>
          </li>
        ))}
      </ul>
      {goesLive ? (
        <Choice isOn={isSure} onChange={setIsSure}>
          I understand that orders will go to my broker and that I can lose money
        </Choice>
      ) : (
        <Choice isOn={keep} onChange={setKeep}>
          Keep live positions under their stops instead of closing them at market
        </Choice>
      )}
    </Dialog>
  );
}

interface ChoiceProps {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  children: string;
}

function Choice({ isOn, onChange, children }: ChoiceProps) {
  return (
    <div className="flex items-center justify-between gap-4 rounded-lg border px-3 py-2.5">
      <span className="text-sm">{children}</span>
      <Switch isOn={isOn} label={children} onChange={onChange} />
    </div>
  );
}
