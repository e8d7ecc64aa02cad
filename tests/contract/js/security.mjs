/*
 * Who sees what: row level security, the anonymous caller, the secret key, unknown keys.
 *
 * In:  a Stage.   Out: nothing, or an error that says what did not hold.   Next: changes.mjs.
 */

import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"

import { unwrap } from "./stage.mjs"

/** An owner with one note, arranged at the stack itself. */
async function ownerOfNote(stage) {
  const { client, user } = await stage.signedIn(undefined, stage.stack.url)
  const note = unwrap(await client.from("notes").insert({ title: "mine" }).select().single())
  return { owner: client, user, note }
}

export const security = {
  "two users never see each other's rows": async (stage) => {
    const { user, note } = await ownerOfNote(stage)
    const own = await stage.signedIn(user)
    assert.deepEqual(unwrap(await own.client.from("notes").select()), [note])
    const { client: stranger } = await stage.signedIn()
    assert.deepEqual(unwrap(await stranger.from("notes").select()), [])
  },

  "two users never change each other's rows": async (stage) => {
    const { owner, user, note } = await ownerOfNote(stage)
    const { client: stranger } = await stage.signedIn()
    const notes = () => stranger.from("notes")
    unwrap(await notes().update({ rank: 9 }).eq("id", note.id))
    unwrap(await notes().delete().eq("id", note.id))
    const { error } = await notes().insert({ title: "planted", user_id: user.id })
    assert.equal(error?.code, "42501")
    assert.deepEqual(unwrap(await owner.from("notes").select()), [note])
  },

  "a security invoker view obeys the reader's policies": async (stage) => {
    const { user, note } = await ownerOfNote(stage)
    const seenBy = async ({ client }) => unwrap(await client.from("note_titles").select())
    const own = await seenBy(await stage.signedIn(user))
    assert.deepEqual(own, [{ id: note.id, user_id: user.id, title: "mine" }])
    assert.deepEqual(await seenBy(await stage.signedIn()), [])
  },

  "an anonymous caller reads public rows only": async (stage) => {
    const body = randomUUID()
    unwrap(await stage.arranger().from("announcements").insert({ body }))
    const anonymous = stage.client()
    const rows = unwrap(await anonymous.from("announcements").select("body").eq("body", body))
    assert.deepEqual(rows, [{ body }])
    for (const refused of [
      await anonymous.from("announcements").insert({ body: "planted" }),
      await anonymous.from("notes").select(),
    ]) {
      assert.equal(refused.status, 401)
      assert.equal(refused.error?.code, "42501")
    }
  },

  "the secret key sees every user's rows": async (stage) => {
    const first = await ownerOfNote(stage)
    const second = await ownerOfNote(stage)
    const wanted = [first.note, second.note]
    const ids = wanted.map(({ id }) => id)
    const seen = unwrap(await stage.admin().from("notes").select().in("id", ids).order("id"))
    assert.deepEqual(seen, wanted)
  },

  "an unknown key is refused": async (stage) => {
    const client = stage.client("sb_publishable_AAAAAAAAAAAAAAAAAAAAAA_AAAAAAAA")
    const { status, error } = await client.from("announcements").select()
    assert.equal(status, 401)
    assert.ok(error)
  },
}
