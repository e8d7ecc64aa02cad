/*
 * Runs cases against a stack, many at a time, and says how each ended.
 *
 * In:  on standard input {"stack": {...}, "atOnce", "runs": [{"number", "behaviour", "vsn",
 *      "rule"?}]}.
 * Out: on standard output one JSON line per run: its number, its outcome (passed, failed or
 *      skipped) and, unless passed, why. With --list: the names of all cases instead.
 * Next: stage.mjs, then the cases.
 */

import { text } from "node:stream/consumers"
import process from "node:process"

import { auth } from "./auth.mjs"
import { broadcast } from "./broadcast.mjs"
import { changes } from "./changes.mjs"
import { connection } from "./connection.mjs"
import { rest } from "./rest.mjs"
import { security } from "./security.mjs"
import { Skipped, Stage } from "./stage.mjs"

const CASES = { ...auth, ...rest, ...security, ...changes, ...broadcast, ...connection }
async function outcomeOf(stack, run) {
  const stage = new Stage(stack, run)
  try {
    await CASES[run.behaviour](stage)
    return { outcome: "passed" }
  } catch (error) {
    if (error instanceof Skipped) return { outcome: "skipped", why: error.message }
    // PostgREST's errors are plain objects.
    return { outcome: "failed", why: error?.stack ?? JSON.stringify(error) }
  } finally {
    await stage.close()
  }
}

async function report(stack, run) {
  console.log(JSON.stringify({ number: run.number, ...(await outcomeOf(stack, run)) }))
}

async function runAll({ stack, atOnce, runs }) {
  const lane = async () => {
    for (let run = runs.shift(); run; run = runs.shift()) await report(stack, run)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

if (process.argv.includes("--list")) {
  console.log(JSON.stringify(Object.keys(CASES)))
} else {
  await runAll(JSON.parse(await text(process.stdin)))
  process.exit(0) // Timers of closed clients must not keep the run alive.
}
