/** `notifications`, preferences and quiet hours. */
import type { Database } from "@/lib/database.types";
import { supabase } from "@/lib/supabase";

import { dataOf, rowsOf } from "./answers";

type Enums = Database["public"]["Enums"];
export type NotificationKind = Enums["notification_kind"];
export type Channel = Enums["notification_channel"];
export type Preference = Enums["notification_preference"];

export interface Notification {
  readonly id: string;
  readonly kind: NotificationKind;
  readonly is_critical: boolean;
  readonly title: string;
  readonly body: string;
  readonly created_at: string;
  readonly read_at: string | null;
}

export interface PreferenceOfKind {
  readonly kind: NotificationKind;
  readonly channel: Channel;
  readonly preference: Preference;
  readonly is_critical: boolean;
}

export interface QuietHours {
  /** "22:00:00", in IST. */
  readonly starts: string;
  readonly ends: string;
}

/** The newest notifications that were not dismissed. */
export async function readNotifications(limit: number): Promise<readonly Notification[]> {
  return rowsOf(
    await supabase()
      .from("notifications")
      .select("id,kind,is_critical,title,body,created_at,read_at")
      .is("dismissed_at", null)
      .order("created_at", { ascending: false })
      .limit(limit),
  );
}

/** Marks some as read; without ids all of them. */
export async function markRead(ids: readonly string[] | null): Promise<void> {
  dataOf(await supabase().rpc("mark_notifications_read", ids === null ? {} : { p_ids: [...ids] }));
}

export async function dismiss(ids: readonly string[]): Promise<void> {
  dataOf(await supabase().rpc("dismiss_notifications", { p_ids: [...ids] }));
}

export async function readPreferences(): Promise<readonly PreferenceOfKind[]> {
  return rowsOf(await supabase().rpc("notification_preferences"));
}

export async function setPreference(
  kind: NotificationKind,
  channel: Channel,
  preference: Preference,
): Promise<void> {
  const wanted = { p_kind: kind, p_channel: channel, p_preference: preference };
  dataOf(await supabase().rpc("set_notification_preference", wanted));
}

export async function readQuietHours(): Promise<QuietHours | null> {
  return rowsOf(await supabase().from("quiet_hours").select("starts,ends"))[0] ?? null;
}

/** Sets the quiet hours; null ends them. */
export async function setQuietHours(hours: QuietHours | null): Promise<void> {
  const wanted = hours === null ? {} : { p_starts: hours.starts, p_ends: hours.ends };
  const { error } = await supabase().rpc("set_quiet_hours", wanted);
  if (error !== null) throw new Error(error.message);
}
