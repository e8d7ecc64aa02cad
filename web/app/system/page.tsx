"use client";

/** The system as its user sees it: overview, commands, health, emergency stops, audit trail. */
import { AuditTrail } from "@/components/system/audit-trail";
import { EmergencyStops } from "@/components/system/emergency-stops";
import { FeedCard } from "@/components/system/feed-card";
import { HealthCard } from "@/components/system/health-card";
import { OverviewCard } from "@/components/system/overview-card";

export default function SystemPage() {
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <OverviewCard />
      <div className="flex min-w-0 flex-col gap-4">
        <HealthCard />
        <FeedCard />
        <EmergencyStops />
      </div>
      <div className="min-w-0 xl:col-span-2">
        <AuditTrail />
      </div>
    </div>
  );
}
