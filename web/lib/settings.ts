/**
 * Where the app finds its database and its API: read once, at start, from `/settings.json`.
 *
 * A file and not the build's environment, so that one build serves every deployment. `npm run
 * build` writes it from NEXT_PUBLIC_SUPABASE_URL, NEXT_PUBLIC_SUPABASE_ANON_KEY and
 * NEXT_PUBLIC_API_URL; a server may serve its own.
 */

export interface Settings {
  readonly supabaseUrl: string;
  readonly supabaseKey: string;
  /** Origin of the functions; empty when it is the page's own. */
  readonly apiUrl: string;
}

/** The settings; throws an Error with a sentence for the operator when they cannot be used. */
export async function loadSettings(): Promise<Settings> {
  const answer = await fetch("/settings.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`settings.json cannot be read (HTTP ${answer.status})`);
  const found: unknown = await answer.json();
  return {
    supabaseUrl: requiredText(found, "supabaseUrl"),
    supabaseKey: requiredText(found, "supabaseKey"),
    apiUrl: optionalText(found, "apiUrl"),
  };
}

function requiredText(found: unknown, name: keyof Settings): string {
  const text = optionalText(found, name);
  if (text === "") throw new Error(`settings.json does not say ${name}`);
  return text;
}

function optionalText(found: unknown, name: keyof Settings): string {
  if (typeof found !== "object" || found === null || !(name in found)) return "";
  const value = (found as Record<string, unknown>)[name];
  return typeof value === "string" ? value : "";
}
