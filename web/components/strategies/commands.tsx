"use client";

/** The commands a deployment takes in its present state, as buttons. */
import { Pause, Play, RotateCcw, Square } from "lucide-react";
import { useState } from "react";

import { useWish } from "@/components/strategies/use-wish";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Switch } from "@/components/ui/switch";
import { giveCommand, type ListedConfig, type StrategyCommand } from "@/lib/tables/configs";

type Button = Exclude<StrategyCommand, "UPDATE_CONFIG">;

const BUTTONS: Record<Button, { name: string; icon: typeof Play }> = {
  START: { name: "Start", icon: Play },
  RESUME: { name: "Resume", icon: Play },
  PAUSE: { name: "Pause", icon: Pause },
  RESTART: { name: "Restart", icon: RotateCcw },
  STOP: { name: "Stop", icon: Square },
};

type Commanded = Pick<ListedConfig, "id" | "name" | "allowed_commands" | "commands">;

export function Commands({ config, name }: { config: Commanded; name: string }) {
  const [isBusy, carryOut] = useWish();
  const [isStopping, setIsStopping] = useState(false);
  const isPending = config.commands[0]?.status === "PENDING";
  const allowed = (Object.keys(BUTTONS) as Button[]).filter((each) =>
    config.allowed_commands.includes(each),
  );
  return (
    <div className="flex flex-wrap gap-1.5">
      {allowed.map((command) => {
        const { name: word, icon: Icon } = BUTTONS[command];
        return (
          <Button
            key={command}
            size="small"
            isBusy={isBusy || isPending}
            aria-label={`${word} ${name}`}
            onClick={() =>
              command === "STOP"
                ? setIsStopping(true)
                : void carryOut(() => giveCommand(config.id, command))
            }
          >
            <Icon aria-hidden className="size-3.5" />
            {word}
          </Button>
        );
      })}
      <StopDialog
        isOpen={isStopping}
        name={name}
        onClose={() => setIsStopping(false)}
        onStop={(keep) => {
          setIsStopping(false);
          void carryOut(() => giveCommand(config.id, "STOP", { keep_positions: keep }));
        }}
      />
    </div>
  );
}

interface StopDialogProps {
  isOpen: boolean;
  name: string;
  onClose: () => void;
  onStop: (keepPositions: boolean) => void;
}

function StopDialog({ isOpen, name, onClose, onStop }: StopDialogProps) {
  const [keep, setKeep] = useState(false);
  return (
    <Dialog
      isOpen={isOpen}
      title={`Stop ${name}?`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Let it run</Button>
          <Button look="danger" onClick={() => onStop(keep)}>
            Stop it
          </Button>
        </>
      }
    >
      <p className="mb-4 text-sm leading-relaxed">
        {keep
          ? "Nothing new is entered. Open positions stay, and their stops, targets and the end of the day look after them."
          : "Nothing new is entered, and open positions are closed at market."}
      </p>
      <div className="flex items-center justify-between rounded-lg border px-3 py-2.5">
        <span className="text-sm">Keep open positions under their stops</span>
        <Switch isOn={keep} label="Keep open positions" onChange={setKeep} />
      </div>
    </Dialog>
  );
}
