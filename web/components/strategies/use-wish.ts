"use client";

/** Something asked of the database: under way, then told when it is refused. */
import { useCallback, useState } from "react";

import { useAlert } from "@/components/ui/alerts";
import { sentenceOf } from "@/lib/live/use-query";

/** Returns whether a wish is under way, and a function that carries one out. */
export function useWish(): [boolean, (wish: () => Promise<void>, done?: string) => Promise<boolean>] {
  const alert = useAlert();
  const [isBusy, setIsBusy] = useState(false);
  const carryOut = useCallback(
    async (wish: () => Promise<void>, done?: string) => {
      setIsBusy(true);
      try {
        await wish();
        if (done !== undefined) alert("done", done);
        return true;
      } catch (error) {
        alert("error", sentenceOf(error));
        return false;
      } finally {
        setIsBusy(false);
      }
    },
    [alert],
  );
  return [isBusy, carryOut];
}
