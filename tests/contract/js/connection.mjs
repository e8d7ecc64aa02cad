/*
 * What happens to a live channel when tokens change or connections end.
 *
 * In:  a Stage.   Out: nothing, or an error that says what did not hold.   Next: ../sabotage/__init__.py.
 */

import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"

import { unwrap } from "./stage.mjs"

const INSERTS = { event: "INSERT", table: "notes" }
const ofTitle = (title) => (event) => event.new.title === title

async function insertNote(client, title) {
  unwrap(await client.from("notes").insert({ title }))
}

/** Inserts notes until one of them arrives: how long a stack may be deaf is not promised. */
async function insertUntilHeard(stage, client, events) {
  const end = Date.now() + stage.stack.deadline
  for (;;) {
    const title = randomUUID()
    await insertNote(client, title)
    try {
      return await events.first("event after the recovery", ofTitle(title), 250)
    } catch (late) {
      if (Date.now() > end) throw late
    }
  }
}

export const connection = {
  "a new token changes whose rows a channel receives": async (stage) => {
    const { client, user: before } = await stage.signedIn()
    const after = await stage.user()
    const [events] = await stage.listen(client, INSERTS)
    unwrap(await client.auth.setSession(after.session))
    await stage.barrier(client)
    await insertNote((await stage.signedIn(before)).client, "of the first user")
    await insertNote((await stage.signedIn(after)).client, "of the second user")
    await events.first("event of the second user's row", ofTitle("of the second user"))
    assert.equal(events.items.length, 1)
  },

  "a refreshed token keeps a channel open when the old one expires": async (stage) => {
    const user = await stage.user()
    const [refreshed, forgotten] = [stage.client(), stage.client()]
    const token = stage.shortToken(user, 3)
    await Promise.all([refreshed, forgotten].map((client) => client.realtime.setAuth(token)))
    const [events] = await stage.listen(refreshed, INSERTS)
    const states = await stage.subscribe(forgotten.channel(`expires-${randomUUID()}`))
    await refreshed.realtime.setAuth(user.session.access_token)
    const wait = 6_000 + stage.stack.deadline
    await states.first("end of the expired channel", ({ status }) => status !== "SUBSCRIBED", wait)
    await insertNote((await stage.signedIn(user)).client, "after the expiry")
    await events.first("event after the expiry", ofTitle("after the expiry"))
  },

  "a cut connection is restored and its channels rejoin": async (stage) => {
    const tag = randomUUID()
    const cuttable = `${stage.stack.proxy}/${stage.rule ?? "plain"}~${tag}`
    const { client } = await stage.signedIn(undefined, cuttable)
    const channel = client.channel(`cut-${tag}`)
    const events = stage.inbox()
    channel.on("postgres_changes", { schema: "public", ...INSERTS }, events.push)
    const states = await stage.subscribe(channel)
    await insertUntilHeard(stage, client, events)
    await stage.control(`cut/${tag}`)
    await states.first("end of the connection", ({ status }) => status !== "SUBSCRIBED")
    states.items.length = 0
    await states.first("second SUBSCRIBED", ({ status }) => status === "SUBSCRIBED")
    await insertUntilHeard(stage, client, events)
  },

  "a terminated replication connection recovers by itself": async (stage) => {
    const { client } = await stage.signedIn()
    const [events] = await stage.listen(client, INSERTS)
    await insertNote(client, "before")
    await events.first("event before the termination", ofTitle("before"))
    await stage.control("terminate-replication")
    await insertUntilHeard(stage, client, events)
  },
}
