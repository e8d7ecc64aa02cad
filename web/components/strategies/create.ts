"use client";

/** Creating a strategy through the API, which holds its parameters against what the type takes. */
import { useState } from "react";

import { useAlert } from "@/components/ui/alerts";
import { ApiError, callApi } from "@/lib/api";
import { sentenceOf } from "@/lib/live/use-query";
import { useSettings } from "@/lib/session";

export interface Design {
  readonly name: string;
  readonly strategy_type: string;
  readonly symbols: readonly string[];
  readonly timeframes?: readonly string[];
  readonly capital_allocated: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly risk_parameters?: Readonly<Record<string, unknown>>;
  readonly python_code?: string;
  readonly runner?: "worker" | "cron";
  readonly auto_start: boolean;
}

interface Creation {
  readonly isBusy: boolean;
  /** What is wrong as a whole; null when nothing is. */
  readonly error: string | null;
  /** What is wrong with a field, by its name. */
  readonly wrong: Readonly<Record<string, string>>;
  readonly create: (design: Design) => Promise<void>;
}

export function useCreation(onCreated: () => void): Creation {
  const settings = useSettings();
  const alert = useAlert();
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [wrong, setWrong] = useState<Readonly<Record<string, string>>>({});

  const create = async (design: Design) => {
    setIsBusy(true);
    setError(null);
    setWrong({});
    try {
      await callApi(settings, { method: "POST", path: "/strategies/create", body: design });
      alert("done", `${design.name} is created${design.auto_start ? " and starting" : ""}.`);
      onCreated();
    } catch (failure) {
      setError(sentenceOf(failure));
      if (failure instanceof ApiError) setWrong(byField(failure));
    } finally {
      setIsBusy(false);
    }
  };
  return { isBusy, error, wrong, create };
}

/** "/parameters/fast" as "fast", "/name" as "name". */
function byField(error: ApiError): Readonly<Record<string, string>> {
  return Object.fromEntries(
    error.wrong.map(({ pointer, detail }) => [pointer.split("/").at(-1) ?? pointer, detail]),
  );
}

/** "NIFTY-FUT, reliance" as symbols. */
export function symbolsOf(text: string): string[] {
  return text
    .split(",")
    .map((symbol) => symbol.trim().toUpperCase())
    .filter((symbol) => symbol !== "");
}
