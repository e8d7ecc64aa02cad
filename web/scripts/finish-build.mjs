/**
 * After `next build`: no page keeps an inline script, and the settings file is written.
 *
 * Each inline script becomes a file named by its SHA-256, loaded in its place. So the policy in
 * vercel.json and in the demo can be `script-src 'self'`, with neither 'unsafe-inline' nor a list
 * of hashes that changes with every build.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const OUT = new URL("../out", import.meta.url).pathname;
const FOLDER = "_next/static/inline";
const INLINE = /<script(?![^>]*\ssrc=)([^>]*)>([\s\S]*?)<\/script>/g;

mkdirSync(join(OUT, FOLDER), { recursive: true });
const pages = readdirSync(OUT, { recursive: true }).filter((name) => name.endsWith(".html"));
let scripts = 0;
for (const page of pages) {
  const path = join(OUT, page);
  const html = readFileSync(path, "utf8").replace(INLINE, (whole, attributes, code) => {
    if (attributes.includes("application/")) return whole;
    const name = createHash("sha256").update(code).digest("hex").slice(0, 32);
    writeFileSync(join(OUT, FOLDER, `${name}.js`), code);
    scripts += 1;
    return `<script${attributes} src="/${FOLDER}/${name}.js"></script>`;
  });
  writeFileSync(path, html);
}
writeFileSync(
  join(OUT, "settings.json"),
  JSON.stringify({
    supabaseUrl: process.env.NEXT_PUBLIC_SUPABASE_URL ?? "",
    supabaseKey: process.env.NEXT_PUBLIC_SUPABASE_ANON_KEY ?? "",
    apiUrl: process.env.NEXT_PUBLIC_API_URL ?? "",
  }),
);
process.stdout.write(`${pages.length} pages, ${scripts} inline scripts made files\n`);
