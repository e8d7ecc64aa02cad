"use client";

/** Makes a strategy: of a type, once more of one that exists, or of code. */
import { useState } from "react";

import { FromCode } from "@/components/strategies/from-code";
import { FromStrategy } from "@/components/strategies/from-strategy";
import { FromType } from "@/components/strategies/from-type";
import { Dialog } from "@/components/ui/dialog";
import { type Tab, Tabs } from "@/components/ui/tabs";

type Way = "type" | "strategy" | "code";

const WAYS: readonly Tab<Way>[] = [
  { name: "type", label: "From a type" },
  { name: "strategy", label: "From one of mine" },
  { name: "code", label: "From code" },
];

interface NewStrategyProps {
  isOpen: boolean;
  onClose: () => void;
  onCreated: () => void;
}

export function NewStrategy({ isOpen, onClose, onCreated }: NewStrategyProps) {
  const [way, setWay] = useState<Way>("type");
  return (
    <Dialog isOpen={isOpen} title="New strategy" onClose={onClose}>
      <Tabs tabs={WAYS} chosen={way} onChoose={setWay} label="Ways to make a strategy">
        {way === "type" && <FromType onCreated={onCreated} />}
        {way === "strategy" && <FromStrategy onCreated={onCreated} />}
        {way === "code" && <FromCode onCreated={onCreated} />}
      </Tabs>
    </Dialog>
  );
}
