"use client";

/** What the deployment is and does now, and its commands. */
import { TriangleAlert, Wallet } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";

import { BorderBeam } from "@/components/magicui/border-beam";
import { Commands } from "@/components/strategies/commands";
import { ModeBadge, StatusBadge } from "@/components/strategies/status";
import { useWish } from "@/components/strategies/use-wish";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import { typeName } from "@/lib/strategy-types";
import type { ConfigDetails } from "@/lib/tables/configs";
import { archiveStrategy } from "@/lib/tables/strategies";

export function Head({ config }: { config: ConfigDetails }) {
  const { strategy } = config;
  return (
    <Card className="overflow-hidden">
      {config.trade_mode === "LIVE" && config.status === "ACTIVE" && <BorderBeam size={120} />}
      <div className="flex flex-wrap items-start justify-between gap-4">
        <div className="min-w-0">
          <h2 className="text-lg font-semibold tracking-tight">{strategy.name}</h2>
          <p className="text-muted text-sm">
            {typeName(strategy.strategy_type)} · {config.name} · {strategy.symbols.join(", ")} ·{" "}
            {strategy.timeframes.join(", ")}
          </p>
          <div className="mt-2 flex flex-wrap gap-1.5">
            <StatusBadge status={config.status} />
            <ModeBadge mode={config.trade_mode} />
            {config.runner === "cron" && <Badge tone="accent">Minute cron</Badge>}
            {config.portfolio !== null && <Badge>{config.portfolio.name}</Badge>}
          </div>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <Commands config={config} name={strategy.name} />
          <Archive id={strategy.id} name={strategy.name} />
        </div>
      </div>
      {config.error_message !== null && (
        <p role="alert" className="text-loss mt-3 flex gap-2 text-sm">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          {config.error_message}
        </p>
      )}
      {config.portfolio === null && (
        <p className="text-warn mt-3 flex items-center gap-2 text-sm">
          <Wallet aria-hidden className="size-4 shrink-0" />
          <span>
            No portfolio is linked: it can show signals, but trade nothing.{" "}
            <Link href="/portfolios/" className="underline underline-offset-4">
              Make one
            </Link>{" "}
            and choose it under Configure.
          </span>
        </p>
      )}
    </Card>
  );
}

function Archive({ id, name }: { id: string; name: string }) {
  const router = useRouter();
  const [isOpen, setIsOpen] = useState(false);
  const [isBusy, carryOut] = useWish();
  const archive = async () => {
    if (await carryOut(() => archiveStrategy(id), `${name} is archived.`)) router.push("/strategies/");
  };
  return (
    <>
      <Button size="small" look="plain" onClick={() => setIsOpen(true)}>
        Archive
      </Button>
      <Dialog
        isOpen={isOpen}
        title={`Archive ${name}?`}
        onClose={() => setIsOpen(false)}
        actions={
          <>
            <Button onClick={() => setIsOpen(false)}>Keep it</Button>
            <Button look="danger" isBusy={isBusy} onClick={() => void archive()}>
              Archive
            </Button>
          </>
        }
      >
        <p className="text-sm leading-relaxed">
          All its deployments are stopped and their positions closed. Its trades and its audit trail
          stay; its name becomes free.
        </p>
      </Dialog>
    </>
  );
}
