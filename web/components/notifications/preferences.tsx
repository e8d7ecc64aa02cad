"use client";

/** Kind by channel: on, silent or off. Critical kinds are kept in the browser whatever is chosen. */
import { useWish } from "@/components/strategies/use-wish";
import { inWords } from "@/components/trades/columns";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Shown } from "@/components/ui/states";
import { useQuery } from "@/lib/live/use-query";
import {
  type Preference,
  type PreferenceOfKind,
  readPreferences,
  setPreference,
} from "@/lib/tables/notifications";

const CHOICES: readonly Preference[] = ["on", "silent", "off"];
const CHANNEL_NAMES: Readonly<Record<string, string>> = {
  in_app: "Browser",
  email: "E-mail",
  sms: "SMS",
  push: "Push",
  telegram: "Telegram",
  webhook: "Webhook",
};

export function Preferences() {
  const preferences = useQuery("preferences", readPreferences);
  const [isBusy, carryOut] = useWish();
  const choose = async (each: PreferenceOfKind, preference: Preference) => {
    if (await carryOut(() => setPreference(each.kind, each.channel, preference))) preferences.reload();
  };
  return (
    <Card title="What is told where">
      <Shown query={preferences} lines={8}>
        {(rows) => {
          const channels = [...new Set(rows.map((row) => row.channel))];
          const kinds = [...new Set(rows.map((row) => row.kind))];
          return (
            <div role="region" aria-label="Preferences, scrollable" tabIndex={0} className="overflow-x-auto">
              <table className="w-full text-sm">
                <caption className="sr-only">Preferences by kind and channel</caption>
                <thead>
                  <tr className="text-muted text-left text-xs">
                    <th scope="col" className="py-2 pr-3 font-medium">
                      Kind
                    </th>
                    {channels.map((channel) => (
                      <th key={channel} scope="col" className="px-2 py-2 font-medium">
                        {CHANNEL_NAMES[channel] ?? channel}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody className="divide-y">
                  {kinds.map((kind) => {
                    const ofKind = rows.filter((row) => row.kind === kind);
                    return (
                      <tr key={kind}>
                        <th scope="row" className="py-2 pr-3 text-left font-normal sm:whitespace-nowrap">
                          {inWords(kind)} {ofKind[0]?.is_critical === true && <Badge tone="loss">critical</Badge>}
                        </th>
                        {ofKind.map((row) => (
                          <td key={row.channel} className="px-2 py-1.5">
                            <select
                              aria-label={`${inWords(kind)} by ${CHANNEL_NAMES[row.channel] ?? row.channel}`}
                              value={row.preference}
                              disabled={isBusy}
                              onChange={(event) => void choose(row, event.target.value as Preference)}
                              className="bg-surface rounded-md border px-2 py-1 text-xs"
                            >
                              {CHOICES.map((choice) => (
                                <option key={choice}>{choice}</option>
                              ))}
                            </select>
                          </td>
                        ))}
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          );
        }}
      </Shown>
    </Card>
  );
}
