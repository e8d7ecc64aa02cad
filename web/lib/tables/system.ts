/** What the system page shows: heartbeats, emergency stops, the audit trail. */
import { supabase } from "@/lib/supabase";

import { dataOf, rowsOf } from "./answers";

export interface EmergencyStop {
  readonly id: string;
  readonly triggered_by: string;
  readonly reason: string;
  readonly stopped_at: string;
  readonly lifted_at: string | null;
}

export interface AuditEntry {
  readonly sequence: number;
  readonly actor: string;
  readonly action: string;
  readonly entity: string;
  readonly entity_id: string | null;
  readonly detail: unknown;
  readonly occurred_at: string;
}

export async function readEmergencyStops(limit: number): Promise<readonly EmergencyStop[]> {
  return rowsOf(
    await supabase()
      .from("emergency_stops")
      .select("id,triggered_by,reason,stopped_at,lifted_at")
      .order("stopped_at", { ascending: false })
      .limit(limit),
  );
}

/** Lifts a stop of the caller's own; live trading has to be enabled anew. */
export async function liftEmergencyStop(id: string, reason: string): Promise<void> {
  const wanted = { p_stop_id: id, p_reason: reason };
  dataOf(await supabase().rpc("lift_emergency_stop", wanted));
}

/** A page of the user's own audit trail, newest first, below a sequence number. */
export async function readAudit(limit: number, before: number | null): Promise<readonly AuditEntry[]> {
  const [own] = rowsOf(await supabase().from("audit_subjects").select("subject").limit(1));
  if (own === undefined) return [];
  let query = supabase()
    .from("audit_log")
    .select("sequence,actor,action,entity,entity_id,detail,occurred_at")
    .eq("subject", own.subject);
  if (before !== null) query = query.lt("sequence", before);
  return rowsOf(await query.order("sequence", { ascending: false }).limit(limit));
}
