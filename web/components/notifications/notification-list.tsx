"use client";

/** What was stored for the user, newest first. */
import { BellRing, Check, ShieldAlert, X } from "lucide-react";

import { AnimatedList } from "@/components/magicui/animated-list";
import { useWish } from "@/components/strategies/use-wish";
import { inWords } from "@/components/trades/columns";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { cn } from "@/lib/class-names";
import { useQuery } from "@/lib/live/use-query";
import { dismiss, markRead, type Notification, readNotifications } from "@/lib/tables/notifications";
import { moment } from "@/lib/time";

const SHOWN = 100;

export function NotificationList() {
  const stored = useQuery("notifications", () => readNotifications(SHOWN), ["notifications"]);
  const [isBusy, carryOut] = useWish();
  const change = async (wish: () => Promise<void>) => {
    if (await carryOut(wish)) stored.reload();
  };
  const unread = stored.data?.filter((each) => each.read_at === null) ?? [];
  return (
    <Card
      title={unread.length > 0 ? `${unread.length} not read yet` : "Notifications"}
      action={
        <Button
          size="small"
          isBusy={isBusy}
          disabled={unread.length === 0}
          onClick={() => void change(() => markRead(null))}
        >
          <Check aria-hidden className="size-3.5" />
          Mark all as read
        </Button>
      }
    >
      <Shown query={stored} lines={5}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon={BellRing} title="Nothing to tell">
              Refused orders, errors, breakers and mode changes are always kept here.
            </Empty>
          ) : (
            <AnimatedList aria-label="Notifications">
              {rows.map((each) => (
                <Item
                  key={each.id}
                  notification={each}
                  onRead={() => void change(() => markRead([each.id]))}
                  onDismiss={() => void change(() => dismiss([each.id]))}
                />
              ))}
            </AnimatedList>
          )
        }
      </Shown>
    </Card>
  );
}

interface ItemProps {
  notification: Notification;
  onRead: () => void;
  onDismiss: () => void;
}

function Item({ notification, onRead, onDismiss }: ItemProps) {
  const isNew = notification.read_at === null;
  const Icon = notification.is_critical ? ShieldAlert : BellRing;
  return (
    <article
      className={cn(
        "flex items-start gap-3 rounded-lg border p-3 text-sm",
        isNew && "bg-raised/60 border-accent/40",
      )}
    >
      <Icon
        aria-hidden
        className={cn("mt-0.5 size-4 shrink-0", notification.is_critical ? "text-loss" : "text-accent")}
      />
      <div className="min-w-0 flex-1">
        <h3 className={cn("break-words", isNew && "font-semibold")}>{notification.title}</h3>
        <p className="text-muted break-words">{notification.body}</p>
        <p className="text-muted mt-1 flex flex-wrap items-center gap-2 text-xs">
          {moment(notification.created_at)}
          <Badge tone={notification.is_critical ? "loss" : "neutral"}>{inWords(notification.kind)}</Badge>
        </p>
      </div>
      {isNew && (
        <button type="button" aria-label="Mark as read" onClick={onRead} className="text-muted hover:text-ink p-1">
          <Check aria-hidden className="size-4" />
        </button>
      )}
      <button type="button" aria-label="Dismiss" onClick={onDismiss} className="text-muted hover:text-ink p-1">
        <X aria-hidden className="size-4" />
      </button>
    </article>
  );
}
