/** The state of a deployment, in a word and a colour. */
import { Badge, type Tone } from "@/components/ui/badge";
import type { CommandStatus, ConfigStatus, TradeMode } from "@/lib/tables/configs";

const STATUS: Record<ConfigStatus, { tone: Tone; word: string }> = {
  ACTIVE: { tone: "gain", word: "Running" },
  PAUSED: { tone: "warn", word: "Paused" },
  STOPPED: { tone: "neutral", word: "Stopped" },
  ERROR: { tone: "loss", word: "Error" },
};

export function StatusBadge({ status }: { status: ConfigStatus }) {
  const { tone, word } = STATUS[status];
  return (
    <Badge tone={tone} hasDot>
      {word}
    </Badge>
  );
}

export function ModeBadge({ mode }: { mode: TradeMode }) {
  return mode === "LIVE" ? (
    <Badge tone="live" hasDot className="font-semibold">
      LIVE
    </Badge>
  ) : (
    <Badge>Simulated</Badge>
  );
}

const COMMAND: Record<CommandStatus, { tone: Tone; word: string }> = {
  PENDING: { tone: "warn", word: "on its way" },
  EXECUTED: { tone: "gain", word: "done" },
  FAILED: { tone: "loss", word: "failed" },
};

export function CommandBadge({ status }: { status: CommandStatus }) {
  const { tone, word } = COMMAND[status];
  return <Badge tone={tone}>{word}</Badge>;
}
