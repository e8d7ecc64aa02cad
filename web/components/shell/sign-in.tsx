"use client";

/** Sign in, sign up, or ask for a new password. */
import { motion, useReducedMotion } from "motion/react";
import { type FormEvent, useState } from "react";

import { Logo } from "@/components/shell/logo";
import { ShineBorder } from "@/components/magicui/shine-border";
import { Button } from "@/components/ui/button";
import { TextField } from "@/components/ui/field";
import { Failed } from "@/components/ui/states";
import { supabase } from "@/lib/supabase";

type Wish = "sign in" | "sign up" | "reset";

interface Said {
  readonly isError: boolean;
  readonly text: string;
}

const BUTTONS = { "sign in": "Sign in", "sign up": "Create account", reset: "Send the link" };
const HEADS = {
  "sign in": "Welcome back",
  "sign up": "Create your account",
  reset: "Ask for a new password",
};
const LEAST_PASSWORD = 8;

const ENDED: Said = { isError: true, text: "Your session has ended. Sign in again to go on." };

/** `hasEnded`: there was a session, and it ended without being asked to. */
export function SignIn({ hasEnded }: { hasEnded: boolean }) {
  const isStill = useReducedMotion();
  const [wish, setWish] = useState<Wish>("sign in");
  const [said, setSaid] = useState<Said | null>(hasEnded ? ENDED : null);
  const [isBusy, setIsBusy] = useState(false);

  const choose = (next: Wish) => {
    setWish(next);
    setSaid(null);
  };
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setIsBusy(true);
    setSaid(null);
    setSaid(await carryOut(wish, String(form.get("email")), String(form.get("password") ?? "")));
    setIsBusy(false);
  };

  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <motion.div
        initial={isStill ? false : { opacity: 0, y: 14 }}
        animate={{ opacity: 1, y: 0 }}
        className="bg-surface relative w-full max-w-sm rounded-2xl border p-7 shadow-xl"
      >
        <ShineBorder shineColor={["var(--accent)", "var(--gain)"]} />
        <div className="mb-6 flex items-center gap-3">
          <Logo className="size-10" />
          <div>
            <h1 className="text-lg font-semibold tracking-tight">{HEADS[wish]}</h1>
            <p className="text-muted text-sm">Tradebase</p>
          </div>
        </div>
        <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
          <TextField label="E-mail" name="email" type="email" autoComplete="email" required />
          {wish !== "reset" && (
            <TextField
              label="Password"
              name="password"
              type="password"
              required
              minLength={wish === "sign up" ? LEAST_PASSWORD : 1}
              autoComplete={wish === "sign up" ? "new-password" : "current-password"}
              hint={wish === "sign up" ? `At least ${LEAST_PASSWORD} characters` : undefined}
            />
          )}
          {said?.isError === true && <Failed message={said.text} />}
          {said?.isError === false && (
            <p role="status" className="text-gain text-sm">
              {said.text}
            </p>
          )}
          <Button look="primary" type="submit" isBusy={isBusy}>
            {BUTTONS[wish]}
          </Button>
        </form>
        <div className="text-muted mt-5 flex flex-wrap justify-between gap-2 text-sm">
          {wish !== "sign in" && <Other onClick={() => choose("sign in")}>Sign in instead</Other>}
          {wish !== "sign up" && <Other onClick={() => choose("sign up")}>Create an account</Other>}
          {wish !== "reset" && <Other onClick={() => choose("reset")}>Forgot password?</Other>}
        </div>
      </motion.div>
    </main>
  );
}

function Other({ onClick, children }: { onClick: () => void; children: string }) {
  return (
    <button type="button" onClick={onClick} className="hover:text-ink underline-offset-4 hover:underline">
      {children}
    </button>
  );
}

/** Does what was wished for; a sign-in that worked changes the session, so nothing is said. */
async function carryOut(wish: Wish, email: string, password: string): Promise<Said | null> {
  const { auth } = supabase();
  if (wish === "sign in") {
    const { error } = await auth.signInWithPassword({ email, password });
    return error === null ? null : { isError: true, text: error.message };
  }
  if (wish === "sign up") {
    const { data, error } = await auth.signUp({ email, password });
    if (error !== null) return { isError: true, text: error.message };
    const text = "Almost there: open the link in the mail we sent you.";
    return data.session === null ? { isError: false, text } : null;
  }
  const redirectTo = `${location.origin}/new-password/`;
  const { error } = await auth.resetPasswordForEmail(email, { redirectTo });
  if (error !== null) return { isError: true, text: error.message };
  return { isError: false, text: "If there is such an account, a link is on its way." };
}
