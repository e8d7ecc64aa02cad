// @ts-check
/*
 * Everything that S1 of the product lets a user do from the browser, with supabase-js and nothing
 * else: tables under RLS, views and rpc. Types are those of the dashboard; tsc checks this file.
 *
 * In:  arguments: address and publishable key of a stack, e-mail and password of a new user; on
 *      standard input one JSON line per step, when the worker has done its part: {"done": step}.
 * Out: on standard output one JSON line per step: {"step", "saw"}; exit code 1 with a sentence on
 *      standard error when something is not as it must be.
 * Next: ../test_control.py, which plays the worker and reads the effects back.
 */

import { createInterface } from "node:readline"
import process from "node:process"

import { createClient } from "@supabase/supabase-js"

/** @typedef {import("../../../web/lib/database.types.ts").Database} Database */
/** @typedef {Database["public"]["Enums"]["strategy_command"]} Command */

const [url = "", key = "", email = "", password = ""] = process.argv.slice(2)
/** @type {import("@supabase/supabase-js").SupabaseClient<Database>} */
const client = createClient(url, key, { auth: { persistSession: false, autoRefreshToken: false } })
const worker = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

/**
 * Says what was seen and waits until the other side has done its part.
 * @param {string} step
 * @param {unknown} saw
 */
async function told(step, saw) {
  process.stdout.write(`${JSON.stringify({ step, saw })}\n`)
  const { value } = await worker.next()
  const { done } = JSON.parse(value ?? "{}")
  if (done !== step) throw new Error(`${step} was told, the answer is for ${done}`)
}

/**
 * The data of an answer that must not be an error.
 * @template T
 * @param {{ data: T, error: { message: string } | null }} answer
 * @returns {NonNullable<T>}
 */
function unwrap({ data, error }) {
  if (error) throw new Error(error.message)
  if (data === null || data === undefined) throw new Error("an answer without data")
  return data
}

/**
 * @param {string} config
 * @param {Command} command
 * @param {Database["public"]["Tables"]["strategy_commands"]["Insert"]["parameters"]} [parameters]
 */
async function send(config, command, parameters = {}) {
  const row = { strategy_config_id: config, command, parameters }
  const columns = "id,command,status"
  return unwrap(await client.from("strategy_commands").insert(row).select(columns).single())
}

// -- sign in, capital -------------------------------------------------------------------------

const session = unwrap(await client.auth.signUp({ email, password }))
const user = session.user?.id
if (user === undefined) throw new Error("nobody is signed in")
const capital = { name: "Paper", initial_capital: 1000000 }
unwrap(await client.from("portfolios").insert(capital).select("id").single())
const portfolio = unwrap(await client.from("portfolios").select("id,balance::text").single())
await told("signed in", { user, portfolio })

// -- a strategy and its configs ---------------------------------------------------------------

const design = {
  p_name: "Control",
  p_strategy_type: "momentum",
  p_symbols: ["NIFTY-FUT"],
  p_config: { fast: 5, slow: 12 },
  p_capital_allocated: 250000.5,
  p_portfolio_id: portfolio.id,
}
const made = unwrap(await client.rpc("create_strategy", design))
const { strategy_id: strategy, config_id: first } = /** @type {Record<string, string>} */ (made)
const second = /** @type {Record<string, string>} */ (
  unwrap(
    await client.rpc("create_strategy_config", {
      p_strategy_id: strategy,
      p_name: "own settings",
      p_config_json: { symbols: ["BANKNIFTY-FUT"], capital: "100000", parameters: { fast: 3 } },
    }),
  )
)
const third = /** @type {Record<string, string | null>} */ (
  unwrap(
    await client.rpc("create_config_from_strategy", {
      p_strategy_id: strategy,
      p_name: "as designed",
      p_overrides: { parameters: { fast: 4 }, max_positions: 1 },
    }),
  )
)
await told("configs", { strategy, first, second, third })

// -- lists ------------------------------------------------------------------------------------

const page = unwrap(await client.rpc("list_configs", { p_limit: 2 }))
const rest = unwrap(await client.rpc("list_configs", { p_limit: 2, p_cursor: page[1].id }))
const running = unwrap(await client.rpc("list_configs", { p_status: "ACTIVE" }))
const available = unwrap(await client.rpc("available_strategies"))
await told("lists", { page, rest, running, available })

// -- commands: those that the status allows, and one that it does not ---------------------------

const start = await send(first, "START")
await told("started", start)
const active = unwrap(await client.rpc("allowed_commands", { p_status: "ACTIVE" }))
const refused = await client
  .from("strategy_commands")
  .insert({ strategy_config_id: first, command: "RESUME" })
const pause = await send(first, "PAUSE")
await told("paused", { active, refused: refused.error, pause })
const commands = [await send(first, "RESUME")]
await told("resumed", commands)
const changed = unwrap(
  await client.rpc("update_strategy", {
    p_strategy_id: strategy,
    p_changes: { parameters: { fast: 6 } },
  }),
)
commands.push(await send(first, "UPDATE_CONFIG", { parameters: { slow: 13 } }))
commands.push(await send(first, "RESTART"), await send(first, "STOP", { keep_positions: true }))
await told("commanded", { commands, changed })

// -- what is shown ------------------------------------------------------------------------------

const details = unwrap(await client.rpc("config_details", { p_config_id: first }).single())
const overview = unwrap(await client.rpc("system_overview").single())
const live = unwrap(await client.rpc("live_status", { p_config_id: first }).single())
const metrics = unwrap(await client.rpc("config_metrics", { p_config_id: first, p_hours: 6 }))
const trades = unwrap(
  await client
    .from("trades")
    .select("id,pnl::text,charges::text,entry_price::text")
    .eq("strategy_id", strategy),
)
const analysis = unwrap(await client.rpc("analyse_strategy", { p_strategy_id: strategy }))
const days = unwrap(
  await client
    .from("strategy_performance")
    .select("date,virtual_pnl::text,virtual_equity::text")
    .eq("strategy_id", strategy),
)
const curve = unwrap(await client.rpc("pnl_by_day", { p_strategy_id: strategy }))
const points = unwrap(await client.rpc("pnl_by_trade", {}))
await told("shown", { details, overview, live, metrics, trades, analysis, days, curve, points })

// -- edits, and the end ---------------------------------------------------------------------------

const renamed = unwrap(
  await client
    .from("strategy_configs")
    .update({ name: "renamed", auto_start: true })
    .eq("id", first)
    .select("name,auto_start")
    .single(),
)
const archived = unwrap(await client.rpc("archive_strategy", { p_strategy_id: strategy }))
const left = unwrap(await client.rpc("list_configs"))
const again = unwrap(await client.rpc("create_strategy", design))
await told("archived", { renamed, archived, left, again })
process.exit(0)
