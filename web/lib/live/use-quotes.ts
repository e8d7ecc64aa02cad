"use client";

/**
 * Prices as they change: read once the topic is joined, then told by broadcast.
 *
 * In:  `last_prices`; `market:quotes`, about one message a second with what has changed.
 * Out: the newest price of each instrument, in the order of a ticker.
 *
 * A message that was lost is made good by the next one about its instrument, and by reading again
 * when the topic is joined anew, the window gets the focus or the page becomes visible.
 */
import { useMemo, useState } from "react";

import { type LastPrice, readLastPrices } from "@/lib/tables/last-prices";

import { useTopic, useWakeUp } from "./live-provider";
import { inOrder, type Quotes, withNewer } from "./quotes";

interface QuotesMessage {
  readonly quotes: readonly LastPrice[];
}

export function useQuotes(): readonly LastPrice[] {
  const [known, setKnown] = useState<Quotes>(new Map());
  const take = (quotes: readonly LastPrice[]) => setKnown((before) => withNewer(before, quotes));
  const read = async () => {
    try {
      take(await readLastPrices());
    } catch (error) {
      console.warn("live: prices could not be read", error);
    }
  };
  useTopic<QuotesMessage>("market:quotes", {
    joined: () => void read(),
    receive: ({ quotes }) => take(quotes),
  });
  useWakeUp(() => void read());
  return useMemo(() => [...known.values()].sort(inOrder), [known]);
}
