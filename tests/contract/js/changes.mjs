/*
 * postgres_changes: events, filters, bindings, row level security, values.
 *
 * In:  a Stage.   Out: nothing, or an error that says what did not hold.   Next: broadcast.mjs.
 *
 * That something does not arrive is proven by order, not by waiting: the row that must not come is
 * written before one that must, and events come in the order of their commits.
 */

import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"

import { unwrap } from "./stage.mjs"

// Everybody receives DELETE events, as on hosted, so a case on "*" says which kind it waits for.
const ofType = (type) => ({ eventType }) => eventType === type
const ofTitle = (title) => (event) => event.new.title === title
const titlesIn = (inbox) => inbox.items.map((event) => event.new.title)

async function insertNote(client, note) {
  return unwrap(await client.from("notes").insert(note).select().single())
}

/** Checks that of three notes in this order a filter lets through those with `expected` titles. */
async function filterCase(stage, filter, expected) {
  const { client } = await stage.signedIn()
  const [events] = await stage.listen(client, { event: "INSERT", table: "notes", filter })
  for (const [title, rank] of [["low", 1], ["middle", 5], ["high", 9], ["top", 10]]) {
    await insertNote(client, { title, rank })
  }
  await events.first("last of the expected events", ofTitle(expected.at(-1)))
  assert.deepEqual(titlesIn(events), expected)
}

const SAMPLE = {
  amount: "1.50000000",
  huge: "NaN",
  ratio: 0.1,
  document: { b: [1, 2.5, null], a: { "ключ": "välue \"quoted\"" } },
  words: ["plain", "with, comma", 'with "quote"', null, ""],
  grid: [3, -1, 0],
  amounts: ["1.10", "2", "NaN"],
  moment: "2026-11-20T09:15:00.123456+05:30",
  flag: true,
  nothing: null,
}

export const changes = {
  "INSERT events bring the new row": async (stage) => {
    const { client } = await stage.signedIn()
    const [events] = await stage.listen(client, { event: "INSERT", table: "notes" })
    const note = await insertNote(client, { title: "a", rank: 3 })
    const event = await events.first("INSERT event", ofTitle("a"))
    assert.equal(event.eventType, "INSERT")
    assert.equal(event.schema, "public")
    assert.equal(event.table, "notes")
    assert.equal(event.errors, null)
    assert.deepEqual(event.new, note)
    assert.ok(Math.abs(Date.parse(event.commit_timestamp) - Date.now()) < 600_000)
  },

  "UPDATE events bring the new row and the old key": async (stage) => {
    const { client } = await stage.signedIn()
    const [events] = await stage.listen(client, { event: "UPDATE", table: "notes" })
    const { id } = await insertNote(client, { title: "a" })
    const query = client.from("notes").update({ title: "b" }).eq("id", id)
    const note = unwrap(await query.select().single())
    const event = await events.first("UPDATE event", ofTitle("b"))
    assert.equal(event.eventType, "UPDATE")
    assert.deepEqual(event.new, note)
    assert.deepEqual(event.old, { id })
    assert.equal(events.items.length, 1)
  },

  "DELETE events bring the old key": async (stage) => {
    const { client } = await stage.signedIn()
    const [events] = await stage.listen(client, { event: "DELETE", table: "notes" })
    const { id } = await insertNote(client, { title: "a" })
    unwrap(await client.from("notes").delete().eq("id", id))
    const event = await events.first("DELETE event", (candidate) => candidate.old.id === id)
    assert.equal(event.eventType, "DELETE")
    assert.deepEqual(event.old, { id })
    assert.deepEqual(event.new, {})
  },

  "an eq filter lets through equal rows only": (stage) =>
    filterCase(stage, "rank=eq.9", ["high"]),

  "an in filter lets through listed rows only": (stage) =>
    filterCase(stage, "title=in.(low,high)", ["low", "high"]),

  "a gt filter lets through greater rows only": (stage) =>
    filterCase(stage, "rank=gt.5", ["high", "top"]),

  "several bindings on one channel each get their own events": async (stage) => {
    const { client } = await stage.signedIn()
    const [inserts, updates, busy] = await stage.listen(
      client,
      { event: "INSERT", table: "notes" },
      { event: "UPDATE", table: "notes" },
      { event: "INSERT", table: "notes", filter: "mood=eq.busy" },
    )
    await insertNote(client, { title: "calm", mood: "calm" })
    const { id } = await insertNote(client, { title: "busy", mood: "busy" })
    unwrap(await client.from("notes").update({ title: "done" }).eq("id", id))
    await updates.first("UPDATE event", ofTitle("done"))
    assert.deepEqual(titlesIn(inserts), ["calm", "busy"])
    assert.deepEqual(titlesIn(busy), ["busy"])
    assert.deepEqual(titlesIn(updates), ["done"])
  },

  "events reach those who may read the row only": async (stage) => {
    const { client: owner } = await stage.signedIn()
    const { client: stranger } = await stage.signedIn()
    const binding = { event: "INSERT", table: "notes" }
    const [[own], [strange]] = await Promise.all([
      stage.listen(owner, binding),
      stage.listen(stranger, binding),
    ])
    await insertNote(owner, { title: "secret" })
    await insertNote(stranger, { title: "known" })
    await own.first("event of the owner's row", ofTitle("secret"))
    await strange.first("event of the stranger's own row", ofTitle("known"))
    assert.deepEqual(titlesIn(strange), ["known"])
  },

  "the secret key receives every user's events": async (stage) => {
    const [events] = await stage.listen(stage.admin(), { event: "INSERT", table: "notes" })
    for (const title of [randomUUID(), randomUUID()]) {
      const { client } = await stage.signedIn()
      await insertNote(client, { title })
      await events.first("event of a user's row", ofTitle(title))
    }
  },

  "a table that is not published is refused in a system message": async (stage) => {
    const { client } = await stage.signedIn()
    const channel = client.channel(`refused-${randomUUID()}`)
    const system = stage.inbox()
    channel.on("postgres_changes", { event: "*", schema: "public", table: "labels" }, () => {})
    channel.on("system", {}, system.push)
    channel.subscribe()
    const { message } = await system.first("refusal", ({ status }) => status === "error")
    assert.match(message, /Unable to subscribe to changes.*labels/s)
  },

  "event payloads equal the REST row": async (stage) => {
    const { client } = await stage.signedIn()
    const [events] = await stage.listen(client, { event: "*", table: "samples" })
    const row = unwrap(await client.from("samples").insert(SAMPLE).select().single())
    const { new: inserted } = await events.first("INSERT event", ofType("INSERT"))
    assert.deepEqual(inserted, row)
    assert.equal(row.huge, "NaN")
    assert.equal(row.words[3], null)
    const change = { document: null, huge: "123456789012345678.000000001", touched: 1 }
    const query = client.from("samples").update(change).eq("id", row.id)
    const updated = unwrap(await query.select().single())
    const event = await events.first("UPDATE event", ofType("UPDATE"))
    assert.deepEqual(event.new, updated)
  },

  "unchanged wide columns are left out of UPDATE events": async (stage) => {
    const { client } = await stage.signedIn()
    const wide = "0123456789abcdef".repeat(1024)
    const [events] = await stage.listen(client, { event: "*", table: "samples" })
    const query = client.from("samples").insert({ wide }).select("id").single()
    const { id } = unwrap(await query)
    const inserted = await events.first("INSERT event", ofType("INSERT"))
    assert.equal(inserted.new.wide, wide)
    unwrap(await client.from("samples").update({ touched: 1 }).eq("id", id))
    const event = await events.first("UPDATE event", ofType("UPDATE"))
    assert.equal(event.new.touched, 1)
    assert.ok(!("wide" in event.new), `wide is there: ${String(event.new.wide).slice(0, 20)}`)
  },
}
