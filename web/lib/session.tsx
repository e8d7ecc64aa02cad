"use client";

/**
 * Who is signed in: the page waits for the answer, then shows the sign-in or the dashboard.
 *
 * In:  `/settings.json`, the session kept in the browser.
 * Out: `useSession`: the user, or nobody; `SessionProvider` connects the client first.
 */
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

import { loadSettings, type Settings } from "@/lib/settings";
import { connect, supabase } from "@/lib/supabase";

export interface User {
  readonly id: string;
  readonly email: string;
  readonly isAdmin: boolean;
}

export type Session =
  | { readonly state: "starting" }
  | { readonly state: "unusable"; readonly reason: string }
  | { readonly state: "signed out"; readonly settings: Settings; readonly hasEnded: boolean }
  | { readonly state: "signed in"; readonly settings: Settings; readonly user: User };

// Kept while somebody is signed in: who comes back without a session then has lost it.
const MARK = "tradebase-signed-in";
// The client may renew the token on its way out, and tells of the end before `signOut` returns.
let isLeaving = false;

const SessionContext = createContext<Session>({ state: "starting" });

export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session>({ state: "starting" });

  useEffect(() => {
    let stop = () => {};
    let isGone = false;
    void (async () => {
      try {
        const settings = await loadSettings();
        if (isGone) return;
        const { data } = connect(settings).auth.onAuthStateChange((_event, found) =>
          setSession((before) => sessionOf(before, settings, found?.user ?? null)),
        );
        stop = () => data.subscription.unsubscribe();
      } catch (error) {
        setSession({ state: "unusable", reason: String(error) });
      }
    })();
    return () => {
      isGone = true;
      stop();
    };
  }, []);

  return <SessionContext value={session}>{children}</SessionContext>;
}

/** Signs out, here only, as the user asked for; returns what went wrong in words, or null. */
export async function signOut(): Promise<string | null> {
  isLeaving = true;
  const { error } = await supabase().auth.signOut({ scope: "local" });
  isLeaving = false;
  return error === null ? null : error.message;
}

/** The session of now. */
export function useSession(): Session {
  return useContext(SessionContext);
}

/** The user; for components below the sign-in only. */
export function useUser(): User {
  const session = useSession();
  if (session.state !== "signed in") throw new Error("useUser is used without a signed-in user");
  return session.user;
}

/** The settings; for components that are shown once they are known. */
export function useSettings(): Settings {
  const session = useSession();
  if (!("settings" in session)) throw new Error("useSettings is used before they are known");
  return session.settings;
}

interface Account {
  readonly id: string;
  readonly email?: string | undefined;
  readonly app_metadata: Readonly<Record<string, unknown>>;
}

/** The same object while the same user stays, so that a renewed token redraws nothing. */
function sessionOf(before: Session, settings: Settings, account: Account | null): Session {
  if (account === null) {
    if (isLeaving) localStorage.removeItem(MARK);
    return { state: "signed out", settings, hasEnded: localStorage.getItem(MARK) !== null };
  }
  localStorage.setItem(MARK, "yes");
  if (before.state === "signed in" && before.user.id === account.id) return before;
  const isAdmin = account.app_metadata["role"] === "admin";
  return { state: "signed in", settings, user: { id: account.id, email: account.email ?? "", isAdmin } };
}
