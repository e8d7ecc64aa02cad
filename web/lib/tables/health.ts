/** `health()`: whether the database, the worker and the feed are there, and whose clock it is. */
import { compareClocks } from "@/lib/live/database-clock";
import { supabase } from "@/lib/supabase";

import { dataOf } from "./answers";

export interface Health {
  readonly marketTime: string;
  /** The market is a simulator's: every screen says so. */
  readonly isSimulated: boolean;
  readonly workerAgeSeconds: number | null;
  readonly feedAgeSeconds: number | null;
}

interface Answer {
  readonly database_time: string;
  readonly market_time: string;
  readonly simulated: boolean;
  readonly worker: {
    readonly heartbeat_age_seconds: number | null;
    readonly feed_age_seconds: number | null;
  };
}

export async function readHealth(): Promise<Health> {
  const asked = Date.now();
  const found = dataOf(await supabase().rpc("health")) as unknown as Answer;
  compareClocks(found.database_time, asked, Date.now());
  return {
    marketTime: found.market_time,
    isSimulated: found.simulated,
    workerAgeSeconds: found.worker.heartbeat_age_seconds,
    feedAgeSeconds: found.worker.feed_age_seconds,
  };
}
