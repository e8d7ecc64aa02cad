/*
 * Rows over REST: writing, reading, embedding, counting, paging, functions, errors.
 *
 * In:  a Stage.   Out: nothing, or an error that says what did not hold.   Next: security.mjs.
 */

import assert from "node:assert/strict"

import { unwrap } from "./stage.mjs"

const titles = (rows) => rows.map(({ title }) => title)

/** A signed-in client and notes a, b, c, ... of the given ranks. */
async function withNotes(stage, ...ranks) {
  const { client, user } = await stage.signedIn()
  const arranged = await stage.signedIn(user, stage.stack.url)
  const rows = ranks.map((rank, index) => ({ title: "abcdefgh"[index], rank }))
  const notes = unwrap(await arranged.client.from("notes").insert(rows).select().order("rank"))
  return { client, user, notes, truth: arranged.client }
}

export const rest = {
  "insert stores a row and returns its defaults": async (stage) => {
    const { client, user, truth } = await withNotes(stage)
    const note = unwrap(await client.from("notes").insert({ title: "a" }).select().single())
    const { id, ...others } = note
    assert.ok(Number.isInteger(id))
    assert.deepEqual(others, { user_id: user.id, title: "a", mood: "calm", rank: 0 })
    assert.deepEqual(unwrap(await truth.from("notes").select()), [note])
  },

  "select filters and orders": async (stage) => {
    const { client } = await withNotes(stage, 5, 9, 1, 7)
    const query = client.from("notes").select("title").gte("rank", 5)
    assert.deepEqual(titles(unwrap(await query.order("rank", { ascending: false }))), ["b", "d", "a"])
  },

  "select embeds related rows": async (stage) => {
    const { client, notes, truth } = await withNotes(stage, 1)
    const labels = ["red", "tall"].map((name) => ({ note_id: notes[0].id, name }))
    unwrap(await truth.from("labels").insert(labels))
    const query = client.from("notes").select("title, labels(name)")
    const rows = unwrap(await query.order("name", { referencedTable: "labels" }))
    assert.deepEqual(rows, [{ title: "a", labels: [{ name: "red" }, { name: "tall" }] }])
    const back = unwrap(await client.from("labels").select("name, notes(title)").eq("name", "red"))
    assert.deepEqual(back, [{ name: "red", notes: { title: "a" } }])
  },

  "upsert replaces the row in conflict": async (stage) => {
    const { client, user, notes } = await withNotes(stage, 1)
    const row = { user_id: user.id, title: "a", rank: 2 }
    const query = client.from("notes").upsert(row, { onConflict: "user_id,title" })
    const upserted = unwrap(await query.select("id, rank"))
    assert.deepEqual(upserted, [{ id: notes[0].id, rank: 2 }])
  },

  "update changes the matching rows only": async (stage) => {
    const { client, truth } = await withNotes(stage, 1, 2)
    unwrap(await client.from("notes").update({ mood: "busy" }).eq("title", "b"))
    const rows = unwrap(await truth.from("notes").select("title, mood").order("title"))
    assert.deepEqual(rows, [{ title: "a", mood: "calm" }, { title: "b", mood: "busy" }])
  },

  "delete removes the matching rows only": async (stage) => {
    const { client, truth } = await withNotes(stage, 1, 2, 3)
    unwrap(await client.from("notes").delete().in("title", ["a", "c"]))
    assert.deepEqual(titles(unwrap(await truth.from("notes").select())), ["b"])
  },

  "rpc passes named arguments and returns rows": async (stage) => {
    const { client } = await withNotes(stage, 1, 5, 9)
    const query = client.rpc("notes_above", { floor_rank: 4 }).order("rank")
    assert.deepEqual(titles(unwrap(await query)), ["b", "c"])
  },

  "rpc of a security definer function acts as its owner": async (stage) => {
    const { user, notes } = await withNotes(stage, 1)
    const { client: stranger } = await stage.signedIn()
    const owner = unwrap(await stranger.rpc("owner_of", { note_id: notes[0].id }))
    assert.equal(owner, user.id)
  },

  "an exact count comes without the rows": async (stage) => {
    const { client } = await withNotes(stage, 1, 2, 3)
    const options = { count: "exact", head: true }
    const { data, count, error } = await client.from("notes").select("*", options).gt("rank", 1)
    assert.equal(error, null)
    assert.equal(count, 2)
    assert.equal(data, null)
  },

  "range returns one page": async (stage) => {
    const { client } = await withNotes(stage, 1, 2, 3, 4, 5)
    const rows = unwrap(await client.from("notes").select("title").order("rank").range(1, 2))
    assert.deepEqual(titles(rows), ["b", "c"])
  },

  "a broken constraint is told by its code": async (stage) => {
    const { client } = await withNotes(stage, 1)
    const twice = await client.from("notes").insert({ title: "a" })
    assert.equal(twice.status, 409)
    assert.equal(twice.error?.code, "23505")
    assert.match(twice.error.message, /notes_user_id_title_key/)
    const empty = await client.from("notes").insert({ title: "" })
    assert.equal(empty.status, 400)
    assert.equal(empty.error?.code, "23514")
    const unknown = await client.from("notes").insert({ title: "b", mood: "furious" })
    assert.equal(unknown.error?.code, "22P02")
  },

  "a raised exception brings its detail and hint": async (stage) => {
    const { client } = await stage.signedIn()
    const { status, error } = await client.rpc("refuse", { reason: "lunch" })
    assert.equal(status, 400)
    assert.equal(error?.code, "P0001")
    assert.equal(error.message, "refused: lunch")
    assert.equal(error.details, "the detail of lunch")
    assert.equal(error.hint, "the hint of lunch")
  },
}
