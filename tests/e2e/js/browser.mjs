/*
 * A browser without a screen: supabase-js, told what to do line by line.
 *
 * In:  on standard input, one JSON object per line: {"number", "do", ...}; see `actions`.
 * Out: on standard output, one JSON object per line: {"number", "data"} or {"number", "error"} for
 *      what was asked; {"channel", "at", "event"} for what came by itself, `at` in milliseconds
 *      since 1970 with fractions.
 * Next: tests/e2e/browser.py, which starts it.
 */

import { createInterface } from "node:readline"
import { createRequire } from "node:module"
import process from "node:process"

// The one Node project of the tests; this folder has no packages of its own.
const require = createRequire(new URL("../../contract/package.json", import.meta.url))
const { createClient } = require("@supabase/supabase-js")

const [url, key] = process.argv.slice(2)
const client = createClient(url, key, { auth: { persistSession: false, autoRefreshToken: false } })

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const now = () => performance.timeOrigin + performance.now()
const hear = (channel) => (event) => say({ channel, at: now(), event })

function unwrap({ data, error }) {
  if (error) throw error
  return data
}

/** Resolves with the server's answer to a join, and for table changes when they flow. */
function joined(channel, hasChanges) {
  return new Promise((resolve) => {
    if (hasChanges) channel.on("system", {}, ({ status, message }) => resolve({ status, message }))
    channel.subscribe((status, error) => {
      if (status !== "SUBSCRIBED" || !hasChanges) resolve({ status, message: error?.message ?? "" })
    })
  })
}

const actions = {
  async signIn(credentials) {
    return unwrap(await client.auth.signInWithPassword(credentials)).user.id
  },

  async signUp(credentials) {
    return unwrap(await client.auth.signUp(credentials)).user.id
  },

  /** {table, steps: [["select", "*"], ["eq", "id", 1]]}: what a page would write as a chain. */
  async query({ table, steps }) {
    return unwrap(await steps.reduce((query, [step, ...given]) => query[step](...given), client.from(table)))
  },

  async rpc({ name, given }) {
    return unwrap(await client.rpc(name, given))
  },

  async listenToTopic({ topic }) {
    const channel = client.channel(topic, { config: { private: true } })
    channel.on("broadcast", { event: "*" }, hear(topic))
    return joined(channel, false)
  },

  async listenToTables({ tables }) {
    const channel = client.channel("tables")
    for (const table of tables) {
      channel.on("postgres_changes", { event: "*", schema: "public", table }, hear(table))
    }
    return joined(channel, true)
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { number, do: action, ...given } = JSON.parse(line)
  actions[action](given).then(
    (data) => say({ number, data }),
    // Errors of PostgREST are plain objects, those of auth are not.
    (error) => say({ number, error: { code: error.code ?? "", message: error.message } }),
  )
}
process.exit(0) // Sockets and timers must not keep it alive when its owner is gone.
