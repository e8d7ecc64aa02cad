/**
 * Calls of the functions: with the user's token, with an Idempotency-Key where something is done.
 *
 * In:  method, path below `/api`, body. Out: the answer, or an `ApiError` in words for the screen.
 */
import type { Settings } from "@/lib/settings";
import { supabase } from "@/lib/supabase";

/** One wrong value of a request; `pointer` names the field, such as `/name`. */
export interface WrongValue {
  readonly pointer: string;
  readonly detail: string;
}

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly wrong: readonly WrongValue[] = [],
    readonly requestId: string | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Calls the API as the signed-in user; the caller names the type the route promises. */
export async function callApi<Answer>(settings: Settings, request: Request): Promise<Answer> {
  const { data } = await supabase().auth.getSession();
  const headers = new Headers({ Accept: "application/json" });
  if (data.session !== null) headers.set("Authorization", `Bearer ${data.session.access_token}`);
  if (request.method !== "GET") headers.set("Idempotency-Key", crypto.randomUUID());
  if (request.body !== undefined) headers.set("Content-Type", "application/json");
  const answer = await fetch(`${settings.apiUrl}/api${request.path}`, {
    method: request.method,
    headers,
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  const text = await answer.text();
  if (!answer.ok) throw refusal(answer.status, text);
  return JSON.parse(text) as Answer;
}

function refusal(status: number, text: string): ApiError {
  try {
    const problem = JSON.parse(text) as {
      detail?: string;
      title?: string;
      code?: string;
      request_id?: string;
      errors?: WrongValue[];
    };
    const words = problem.detail ?? problem.title ?? `HTTP ${status}`;
    return new ApiError(words, status, problem.code ?? "", problem.errors, problem.request_id);
  } catch {
    return new ApiError(`the API answered HTTP ${status}`, status, "");
  }
}
