"use client";

/** Database, worker, feed, live data and the API, each with what it says of itself. */
import { Badge, type Tone } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Shown } from "@/components/ui/states";
import { callApi } from "@/lib/api";
import { useLag, useLive } from "@/lib/live/live-provider";
import { useInterval } from "@/lib/live/use-interval";
import { sentenceOf, useQuery } from "@/lib/live/use-query";
import { useSettings } from "@/lib/session";
import type { Settings } from "@/lib/settings";
import { type Health, readHealth } from "@/lib/tables/health";
import { age, moment } from "@/lib/time";

const LOOK_MS = 5_000;

interface Facts {
  readonly health: Health;
  /** Null when the API answered; otherwise why not. */
  readonly apiProblem: string | null;
}

export function HealthCard() {
  const settings = useSettings();
  const { status } = useLive();
  const lagMs = useLag();
  const facts = useQuery("health of all", () => readFacts(settings));
  useInterval(LOOK_MS, facts.reload);
  return (
    <Card title="Health">
      <Shown query={facts} lines={5}>
        {({ health, apiProblem }) => (
          <dl className="divide-y text-sm">
            <Row name="Database" tone="gain" word="answers" note={`market time ${moment(health.marketTime)}`} />
            <Row
              name="Worker"
              tone={health.workerAgeSeconds === null ? "neutral" : health.workerAgeSeconds > 15 ? "loss" : "gain"}
              word={health.workerAgeSeconds === null ? "off" : health.workerAgeSeconds > 15 ? "silent" : "beats"}
              note={health.workerAgeSeconds === null ? "" : `${age(health.workerAgeSeconds)} ago`}
            />
            <Row
              name="Feed"
              tone={health.feedAgeSeconds === null ? "neutral" : health.feedAgeSeconds > 5 ? "loss" : "gain"}
              word={health.feedAgeSeconds === null ? "off" : health.feedAgeSeconds > 5 ? "stale" : "fresh"}
              note={health.feedAgeSeconds === null ? "" : `data ${age(health.feedAgeSeconds)} old`}
            />
            <Row
              name="Live data"
              tone={status === "live" ? "gain" : "warn"}
              word={status}
              note={lagMs === null ? "" : `last event ${Math.round(lagMs)} ms from commit to screen`}
            />
            <Row
              name="API"
              tone={apiProblem === null ? "gain" : "loss"}
              word={apiProblem === null ? "answers" : "does not answer"}
              note={apiProblem ?? ""}
            />
          </dl>
        )}
      </Shown>
    </Card>
  );
}

function Row({ name, tone, word, note }: { name: string; tone: Tone; word: string; note: string }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
      <dt className="w-24 font-medium">{name}</dt>
      <dd className="flex min-w-0 flex-1 flex-wrap items-center gap-3">
        <Badge tone={tone} hasDot>
          {word}
        </Badge>
        <span className="text-muted text-xs">{note}</span>
      </dd>
    </div>
  );
}

async function readFacts(settings: Settings): Promise<Facts> {
  const health = await readHealth();
  try {
    await callApi(settings, { method: "GET", path: "/health" });
    return { health, apiProblem: null };
  } catch (error) {
    return { health, apiProblem: sentenceOf(error) };
  }
}
