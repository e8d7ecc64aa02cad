"use client";

/** The brake: one press, one confirmation, then what was stopped. */
import { OctagonX } from "lucide-react";
import { useState } from "react";

import { useAlert } from "@/components/ui/alerts";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { TextField } from "@/components/ui/field";
import { callApi } from "@/lib/api";
import { sentenceOf } from "@/lib/live/use-query";
import { useSettings } from "@/lib/session";

export function EmergencyStop() {
  const settings = useSettings();
  const alert = useAlert();
  const [isOpen, setIsOpen] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [reason, setReason] = useState("");

  const stop = async () => {
    setIsBusy(true);
    try {
      const why = encodeURIComponent(reason.trim() || "pressed on the dashboard");
      const path = `/live-trading/emergency-stop?reason=${why}`;
      await callApi(settings, { method: "POST", path });
      alert("done", "Live trading is stopped. The system page shows what was closed.");
      setIsOpen(false);
    } catch (error) {
      alert("error", `The emergency stop failed: ${sentenceOf(error)}`);
    } finally {
      setIsBusy(false);
    }
  };

  return (
    <>
      <Button look="danger" size="small" onClick={() => setIsOpen(true)} aria-label="Emergency stop">
        <OctagonX aria-hidden className="size-4" />
        <span className="hidden sm:inline">Emergency stop</span>
      </Button>
      <Dialog
        isOpen={isOpen}
        title="Stop all live trading?"
        onClose={() => setIsOpen(false)}
        actions={
          <>
            <Button onClick={() => setIsOpen(false)}>Keep trading</Button>
            <Button look="danger" isBusy={isBusy} onClick={() => void stop()}>
              Stop everything live
            </Button>
          </>
        }
      >
        <p className="mb-4 text-sm leading-relaxed">
          Every live strategy of yours is halted at once, resting orders are cancelled, live positions
          are closed at market, and the broker is read back to make sure. Simulations go on.
        </p>
        <TextField
          label="Reason (kept in the audit trail)"
          value={reason}
          maxLength={200}
          onChange={(event) => setReason(event.target.value)}
        />
      </Dialog>
    </>
  );
}
