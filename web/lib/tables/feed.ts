/** `feed_figures()`: how the market data of each worker are doing. */
import { supabase } from "@/lib/supabase";

import { dataOf } from "./answers";

export interface FeedFigures {
  readonly shard: string;
  readonly beat_age_seconds: number;
  readonly ticks_per_second: number | null;
  readonly ticks: number | null;
  readonly dropped: number | null;
  readonly malformed: number | null;
  /** Events that the database does not have yet. */
  readonly waiting: number | null;
  /** Stretches that the feed did not bring whole, and what became of them, by name. */
  readonly gaps: Readonly<Record<string, number>>;
  readonly feed: Readonly<Record<string, number>>;
}

export async function readFeedFigures(): Promise<readonly FeedFigures[]> {
  return dataOf(await supabase().rpc("feed_figures")) as unknown as FeedFigures[];
}
