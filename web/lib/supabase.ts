/** The one Supabase client of the page; everything else asks for it here. */
import { createClient, type SupabaseClient } from "@supabase/supabase-js";

import type { Database } from "@/lib/database.types";
import type { Settings } from "@/lib/settings";

export type Supabase = SupabaseClient<Database>;

let client: Supabase | null = null;

/** Makes the client; the session is kept in the browser and renewed before it ends. */
export function connect(settings: Settings): Supabase {
  client ??= createClient<Database>(settings.supabaseUrl, settings.supabaseKey, {
    auth: { persistSession: true, autoRefreshToken: true, flowType: "pkce" },
    realtime: { worker: false },
  });
  return client;
}

/** The client; throws when the page has not connected yet, which is a mistake of ours. */
export function supabase(): Supabase {
  if (client === null) throw new Error("supabase() was called before connect()");
  return client;
}
