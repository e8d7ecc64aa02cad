"use client";

/** The stored notifications, and who is told what, where, and when not. */
import { useRouter, useSearchParams } from "next/navigation";
import { Suspense } from "react";

import { NotificationList } from "@/components/notifications/notification-list";
import { Preferences } from "@/components/notifications/preferences";
import { QuietHoursForm } from "@/components/notifications/quiet-hours-form";
import { type Tab, Tabs } from "@/components/ui/tabs";

type Part = "notifications" | "settings";

const PARTS: readonly Tab<Part>[] = [
  { name: "notifications", label: "Notifications" },
  { name: "settings", label: "Settings" },
];

export default function NotificationsPage() {
  return (
    <Suspense>
      <Notifications />
    </Suspense>
  );
}

function Notifications() {
  const router = useRouter();
  const part: Part = useSearchParams().get("tab") === "settings" ? "settings" : "notifications";
  return (
    <Tabs
      tabs={PARTS}
      chosen={part}
      onChoose={(name) => router.replace(`/notifications/?tab=${name}`)}
      label="Notifications and settings"
    >
      {part === "notifications" ? (
        <NotificationList />
      ) : (
        <div className="flex flex-col gap-4">
          <Preferences />
          <QuietHoursForm />
        </div>
      )}
    </Tabs>
  );
}
