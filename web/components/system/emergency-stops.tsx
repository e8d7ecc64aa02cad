"use client";

/** Emergency stops: in force or lifted, by whom and why. */
import { OctagonX } from "lucide-react";

import { useWish } from "@/components/strategies/use-wish";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { useInterval } from "@/lib/live/use-interval";
import { useQuery } from "@/lib/live/use-query";
import { type EmergencyStop, liftEmergencyStop, readEmergencyStops } from "@/lib/tables/system";
import { moment } from "@/lib/time";

const SHOWN = 10;
const LOOK_MS = 10_000;

export function EmergencyStops() {
  const stops = useQuery("emergency stops", () => readEmergencyStops(SHOWN), ["notifications"]);
  useInterval(LOOK_MS, stops.reload);
  const [isBusy, carryOut] = useWish();
  const lift = async (stop: EmergencyStop) => {
    const done = await carryOut(
      () => liftEmergencyStop(stop.id, "lifted on the dashboard"),
      "The stop is lifted. Live mode has to be enabled anew.",
    );
    if (done) stops.reload();
  };
  return (
    <Card title="Emergency stops">
      <Shown query={stops}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon={OctagonX} title="Never pressed" />
          ) : (
            <ul className="divide-y text-sm">
              {rows.map((stop) => (
                <li key={stop.id} className="flex flex-wrap items-center gap-3 py-2.5">
                  <Badge tone={stop.lifted_at === null ? "live" : "neutral"} hasDot>
                    {stop.lifted_at === null ? "in force" : "lifted"}
                  </Badge>
                  <div className="min-w-0 flex-1">
                    <p className="break-words">{stop.reason === "" ? "no reason given" : stop.reason}</p>
                    <p className="text-muted text-xs">
                      by {stop.triggered_by}, {moment(stop.stopped_at)}
                      {stop.lifted_at !== null && `; lifted ${moment(stop.lifted_at)}`}
                    </p>
                  </div>
                  {stop.lifted_at === null && stop.triggered_by === "user" && (
                    <Button size="small" isBusy={isBusy} onClick={() => void lift(stop)}>
                      Lift
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </Card>
  );
}
