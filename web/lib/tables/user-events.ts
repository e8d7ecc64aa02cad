/** `user_events` and `user_event_counters`: what the screen must not miss. */
import type { EventSource, UserEvent } from "@/lib/live/user-events";
import { supabase } from "@/lib/supabase";

import { rowsOf } from "./answers";

const PAGE = 1000;

export const userEvents: EventSource = {
  async newest(): Promise<number> {
    const rows = rowsOf(await supabase().from("user_event_counters").select("last_sequence"));
    return rows[0]?.last_sequence ?? 0;
  },

  async after(sequence: number): Promise<readonly UserEvent[]> {
    const rows = rowsOf(
      await supabase()
        .from("user_events")
        .select("sequence,kind,entity,id:entity_id,at:created_at,row")
        .gt("sequence", sequence)
        .order("sequence")
        .limit(PAGE),
    );
    return rows.map((found) => ({ ...found, row: asRecord(found.row) }));
  },
};

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
