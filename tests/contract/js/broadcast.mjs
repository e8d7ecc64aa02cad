/*
 * Messages between clients: broadcast, private topics, broadcast from the database, presence.
 *
 * In:  a Stage.   Out: nothing, or an error that says what did not hold.   Next: connection.mjs.
 */

import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"

import { unwrap } from "./stage.mjs"

const ofEvent = (name) => ({ event }) => event === name
const countOf = (inbox, name) => inbox.items.filter(ofEvent(name)).length

/** A client's subscribed channel on a topic and what it hears there. */
async function join(stage, client, topic, config = {}) {
  const channel = client.channel(topic, { config })
  const heard = stage.inbox()
  channel.on("broadcast", { event: "*" }, heard.push)
  await stage.subscribe(channel)
  return { client, channel, heard }
}

const say = (channel, event, payload = {}) => channel.send({ type: "broadcast", event, payload })

/** A signed-in member of a private room; its channel too, unless told to stay outside. */
async function member(stage, topic, { mayWrite }) {
  const { client, user } = await stage.signedIn()
  const row = { topic, user_id: user.id, may_write: mayWrite }
  unwrap(await stage.arranger().from("room_members").insert(row))
  return join(stage, client, topic, { private: true, broadcast: { self: true } })
}

function presenceAt(stage, channel) {
  const seen = stage.inbox()
  for (const event of ["join", "leave"]) {
    channel.on("presence", { event }, ({ key, newPresences, leftPresences }) => {
      seen.push({ event, key, of: (newPresences ?? leftPresences).map(({ name }) => name) })
    })
  }
  return seen
}

export const broadcast = {
  "broadcast reaches the others on the topic but not its sender": async (stage) => {
    const topic = `public-${randomUUID()}`
    const first = await join(stage, stage.client(), topic)
    const second = await join(stage, stage.client(), topic)
    await say(first.channel, "question", { x: 1, deep: { list: [1, null] } })
    const { payload } = await second.heard.first("question", ofEvent("question"))
    assert.deepEqual(payload, { x: 1, deep: { list: [1, null] } })
    await say(second.channel, "answer")
    await first.heard.first("answer", ofEvent("answer"))
    assert.equal(countOf(first.heard, "question"), 0)
  },

  "broadcast is acknowledged and echoed to a sender who asks": async (stage) => {
    const config = { broadcast: { ack: true, self: true } }
    const { channel, heard } = await join(stage, stage.client(), `echo-${randomUUID()}`, config)
    assert.equal(await say(channel, "ping", { n: 1 }), "ok")
    const { payload } = await heard.first("own echo", ofEvent("ping"))
    assert.deepEqual(payload, { n: 1 })
  },

  "binary broadcast arrives byte for byte": async (stage) => {
    const topic = `bytes-${randomUUID()}`
    const sender = await join(stage, stage.client(), topic)
    const listener = await join(stage, stage.client(), topic)
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    await say(sender.channel, "blob", bytes.buffer)
    const { payload } = await listener.heard.first("blob", ofEvent("blob"))
    assert.deepEqual(new Uint8Array(payload), bytes)
  },

  "broadcast over HTTP reaches the topic": async (stage) => {
    const topic = `http-${randomUUID()}`
    const { heard } = await join(stage, stage.client(), topic)
    await stage.client().channel(topic).httpSend("posted", { n: 1 })
    const { payload } = await heard.first("posted message", ofEvent("posted"))
    assert.deepEqual(payload, { n: 1 })
  },

  "members listen and speak on a private topic": async (stage) => {
    const topic = `room:${randomUUID()}`
    const speaker = await member(stage, topic, { mayWrite: true })
    const listener = await member(stage, topic, { mayWrite: false })
    await say(speaker.channel, "hello", { n: 1 })
    const { payload } = await listener.heard.first("hello", ofEvent("hello"))
    assert.deepEqual(payload, { n: 1 })
  },

  "a stranger is refused a private topic": async (stage) => {
    const { client } = await stage.signedIn()
    const channel = client.channel(`room:${randomUUID()}`, { config: { private: true } })
    const states = stage.inbox()
    channel.subscribe((status, error) => states.push({ status, message: error?.message }))
    const { status, message } = await states.first("answer to the join")
    assert.equal(status, "CHANNEL_ERROR")
    assert.match(message, /Unauthorized.*permission/)
  },

  "a member without the right to write is not heard": async (stage) => {
    const topic = `room:${randomUUID()}`
    const speaker = await member(stage, topic, { mayWrite: true })
    const listener = await member(stage, topic, { mayWrite: false })
    await say(listener.channel, "intrusion")
    await stage.barrier(listener.client)
    await say(speaker.channel, "hello")
    await speaker.heard.first("own hello", ofEvent("hello"))
    await listener.heard.first("hello", ofEvent("hello"))
    assert.equal(countOf(speaker.heard, "intrusion"), 0)
  },

  "a trigger broadcasts a row's changes on its owner's topic": async (stage) => {
    const { client, user } = await stage.signedIn()
    const { heard } = await join(stage, client, `user:${user.id}`, { private: true })
    const alerts = () => stage.arranger().from("alerts")
    const row = { user_id: user.id, body: "first" }
    const alert = unwrap(await alerts().insert(row).select().single())
    unwrap(await alerts().update({ body: "second" }).eq("id", alert.id))
    unwrap(await alerts().delete().eq("id", alert.id))
    const { payload: inserted } = await heard.first("INSERT", ofEvent("alert_insert"))
    assert.equal(inserted.operation, "INSERT")
    assert.equal(inserted.schema, "public")
    assert.equal(inserted.table, "alerts")
    assert.deepEqual(inserted.record, alert)
    const { payload: updated } = await heard.first("UPDATE", ofEvent("alert_update"))
    assert.equal(updated.record.body, "second")
    assert.deepEqual(updated.old_record, alert)
    const { payload: deleted } = await heard.first("DELETE", ofEvent("alert_delete"))
    assert.equal(deleted.old_record.body, "second")
    assert.equal(deleted.record, null)
  },

  "presence tells who is there and who left": async (stage) => {
    const topic = `presence-${randomUUID()}`
    const watcher = stage.client().channel(topic)
    const seen = presenceAt(stage, watcher)
    await stage.subscribe(watcher)
    const asha = stage.client().channel(topic, { config: { presence: { key: "asha" } } })
    await stage.subscribe(asha)
    const ravi = stage.client()
    const config = { presence: { key: "ravi" } }
    const raviChannel = ravi.channel(topic, { config })
    await stage.subscribe(raviChannel)
    await asha.track({ name: "Asha" })
    await raviChannel.track({ name: "Ravi" })
    const is = (event, key) => (item) => item.event === event && item.key === key
    assert.deepEqual((await seen.first("join of Asha", is("join", "asha"))).of, ["Asha"])
    assert.deepEqual((await seen.first("join of Ravi", is("join", "ravi"))).of, ["Ravi"])
    await asha.untrack()
    await seen.first("leave of Asha, who untracked", is("leave", "asha"))
    assert.deepEqual(Object.keys(watcher.presenceState()), ["ravi"])
    await ravi.realtime.disconnect()
    await seen.first("leave of Ravi, whose connection ended", is("leave", "ravi"))
  },

  "presence shows a newcomer who is already there": async (stage) => {
    const topic = `presence-${randomUUID()}`
    const first = stage.client().channel(topic, { config: { presence: { key: "asha" } } })
    await stage.subscribe(first)
    assert.equal(await first.track({ name: "Asha" }), "ok")
    const newcomer = stage.client().channel(topic)
    const synced = stage.inbox()
    newcomer.on("presence", { event: "sync" }, () => synced.push(newcomer.presenceState()))
    await stage.subscribe(newcomer)
    const { asha } = await synced.first("state with Asha", (state) => "asha" in state)
    assert.equal(asha[0].name, "Asha")
  },
}
