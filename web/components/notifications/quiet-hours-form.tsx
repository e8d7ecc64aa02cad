"use client";

/** Hours without messages outside the browser; critical ones go out all the same. */
import type { FormEvent } from "react";

import { useWish } from "@/components/strategies/use-wish";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { TextField } from "@/components/ui/field";
import { useQuery } from "@/lib/live/use-query";
import { type QuietHours, readQuietHours, setQuietHours } from "@/lib/tables/notifications";

const USUAL: QuietHours = { starts: "22:00", ends: "08:00" };

export function QuietHoursForm() {
  const stored = useQuery("quiet hours", async () => ({ hours: await readQuietHours() }));
  const [isBusy, carryOut] = useWish();
  const hours = stored.data?.hours ?? null;

  const change = async (wanted: QuietHours | null, told: string) => {
    if (await carryOut(() => setQuietHours(wanted), told)) stored.reload();
  };
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const wanted = { starts: String(form.get("starts")), ends: String(form.get("ends")) };
    void change(wanted, "Quiet hours are set.");
  };
  return (
    <Card title="Quiet hours (IST)">
      <p className="text-muted mb-4 text-sm">
        {hours === null
          ? "There are none: messages go out at any hour."
          : `Only critical messages go out from ${hours.starts.slice(0, 5)} to ${hours.ends.slice(0, 5)}.`}
      </p>
      <form
        key={`${hours?.starts} ${hours?.ends}`}
        onSubmit={save}
        className="flex flex-wrap items-start gap-3"
      >
        <TextField label="From" name="starts" type="time" required defaultValue={(hours ?? USUAL).starts.slice(0, 5)} />
        <TextField label="Until" name="ends" type="time" required defaultValue={(hours ?? USUAL).ends.slice(0, 5)} />
        <Button type="submit" look="primary" isBusy={isBusy} className="h-11">
          Save
        </Button>
        {hours !== null && (
          <Button isBusy={isBusy} className="h-11" onClick={() => void change(null, "There are no quiet hours any more.")}>
            No quiet hours
          </Button>
        )}
      </form>
    </Card>
  );
}
