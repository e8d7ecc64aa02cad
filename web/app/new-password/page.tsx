"use client";

/** Where the link of a password mail leads: choose a new one. */
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";

import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { TextField } from "@/components/ui/field";
import { Failed } from "@/components/ui/states";
import { useSession } from "@/lib/session";
import { supabase } from "@/lib/supabase";

export default function NewPassword() {
  const session = useSession();
  const router = useRouter();
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get("password"));
    setIsBusy(true);
    const answer = await supabase().auth.updateUser({ password });
    setIsBusy(false);
    if (answer.error === null) router.push("/");
    else setError(answer.error.message);
  };

  return (
    <div className="grid min-h-dvh place-items-center p-4">
      <Card title="Choose a new password" className="w-full max-w-sm">
        {session.state === "signed in" ? (
          <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
            <TextField
              label="New password"
              name="password"
              type="password"
              minLength={8}
              autoComplete="new-password"
              required
            />
            {error !== null && <Failed message={error} />}
            <Button look="primary" type="submit" isBusy={isBusy}>
              Save and go on
            </Button>
          </form>
        ) : (
          <Failed message="This link is no longer good. Ask for another one at the sign-in." />
        )}
      </Card>
    </div>
  );
}
