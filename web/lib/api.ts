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
  readonly status: number;
  readonly code: string;
  readonly wrong: readonly WrongValue[];
  /** By which the operator finds the call in the log. */
  readonly requestId: string | null;

  constructor(message: string, status: number, problem: Partial<Problem> = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code ?? "";
    this.wrong = problem.errors ?? [];
    this.requestId = problem.request_id ?? null;
  }
}

/** An error of the API, as it says it (application/problem+json). */
interface Problem {
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly request_id: string;
  readonly errors: readonly WrongValue[];
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
    const problem = JSON.parse(text) as Partial<Problem>;
    return new ApiError(problem.detail ?? problem.title ?? `HTTP ${status}`, status, problem);
  } catch {
    return new ApiError(`the API answered HTTP ${status}`, status);
  }
}
