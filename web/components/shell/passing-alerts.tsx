"use client";

/** Notifications that arrive slide in as alerts, kept or not. */
import { useAlert } from "@/components/ui/alerts";
import { usePassing, useUserEvents } from "@/lib/live/live-provider";

const FRESH_MS = 30_000;

export function PassingAlerts() {
  const alert = useAlert();
  usePassing(({ title }) => alert("info", title));
  useUserEvents((event) => {
    const isFresh = Date.now() - Date.parse(event.at) < FRESH_MS;
    if (event.kind !== "notification_created" || !isFresh) return;
    alert(event.row["is_critical"] === true ? "error" : "info", String(event.row["title"]));
  });
  return null;
}
