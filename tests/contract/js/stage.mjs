/*
 * What one case stands on: its own users, clients and channels, all gone when it ends.
 *
 * In:  the addresses and keys of the stack, the protocol version, and the address under test,
 *      which is the stack itself or a proxy that has switched one behaviour off.
 * Out: real supabase-js clients.
 * Next: auth.mjs, rest.mjs, changes.mjs, channels.mjs.
 *
 * What a case only needs (users, their rows) is arranged at the stack itself; what it is about
 * goes through the address under test. So switching off sign-up fails the cases of sign-up only.
 */

import assert from "node:assert/strict"
import { createHmac, randomUUID } from "node:crypto"

import { createClient } from "@supabase/supabase-js"

import { Inbox } from "./inbox.mjs"

export class Skipped extends Error {}

/** Returns the data of a reply, or throws its error as it came. */
export function unwrap({ data, error }) {
  if (error) throw error
  return data
}

export class Stage {
  #clients = []
  #users = []

  /**
   * @param {object} stack url, publishableKey, secretKey, jwtSecret, proxy, deadline
   * @param {object} run   vsn, and rule: the name of what the proxy switches off, if anything
   */
  constructor(stack, { vsn, rule }) {
    this.stack = stack
    this.vsn = vsn
    this.rule = rule
    this.url = rule ? `${stack.proxy}/${rule}` : stack.url
  }

  /** A client at the address under test. */
  client(key = this.stack.publishableKey, url = this.url) {
    const client = createClient(url, key, {
      auth: { persistSession: false, autoRefreshToken: false },
      realtime: { vsn: this.vsn, timeout: this.stack.deadline },
    })
    this.#clients.push(client)
    return client
  }

  /** A client with the secret key. */
  admin() {
    return this.client(this.stack.secretKey)
  }

  /** The same at the stack itself, to arrange things. */
  arranger() {
    return this.client(this.stack.secretKey, this.stack.url)
  }

  credentials() {
    const user = { email: `${randomUUID()}@example.com`, password: `pass-${randomUUID()}` }
    this.#users.push(user)
    return user
  }

  /** A fresh account: id, email, password, session. */
  async user() {
    const user = this.credentials()
    const client = this.client(this.stack.publishableKey, this.stack.url)
    const { session } = unwrap(await client.auth.signUp(user))
    return Object.assign(user, { id: session.user.id, session })
  }

  /** A client of that account, by default a fresh one. */
  async signedIn(user, url = this.url) {
    const account = user ?? (await this.user())
    const client = this.client(this.stack.publishableKey, url)
    unwrap(await client.auth.setSession(account.session))
    return { client, user: account }
  }

  /** A user's token of that many seconds, signed with the stack's shared secret. */
  shortToken(user, seconds) {
    if (!this.stack.jwtSecret) throw new Skipped("needs SUPABASE_JWT_SECRET of the stack")
    const now = Math.floor(Date.now() / 1000)
    const claims = { sub: user.id, role: "authenticated", aud: "authenticated", iat: now }
    const parts = [{ alg: "HS256", typ: "JWT" }, { ...claims, exp: now + seconds }]
    const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    const seal = createHmac("sha256", this.stack.jwtSecret).update(signed.join("."))
    return `${signed.join(".")}.${seal.digest("base64url")}`
  }

  inbox() {
    return new Inbox(this.stack.deadline)
  }

  /** Subscribes a channel; resolves when the server has said yes, rejects when it says no. */
  async subscribe(channel) {
    const states = this.inbox()
    channel.subscribe((status, error) => states.push({ status, error: error?.message }))
    const { status, error } = await states.first("answer to the join")
    assert.equal(status, "SUBSCRIBED", error)
    return states
  }

  /** One inbox per postgres_changes binding of one new channel, ready to receive. */
  async listen(client, ...bindings) {
    const channel = client.channel(`changes-${randomUUID()}`)
    const inboxes = bindings.map((binding) => {
      const inbox = this.inbox()
      channel.on("postgres_changes", { schema: "public", ...binding }, inbox.push)
      return inbox
    })
    const system = this.inbox()
    channel.on("system", {}, system.push)
    await this.subscribe(channel)
    const { status, message } = await system.first("system message")
    assert.equal(status, "ok", message)
    return inboxes
  }

  /** Resolves when the server has read everything this client sent before. */
  async barrier(client) {
    await this.subscribe(client.channel(`barrier-${randomUUID()}`))
  }

  /** Asks the proxy's control side for something: cut, terminate-replication. */
  async control(action) {
    const reply = await fetch(`${this.stack.proxy}/control/${action}`, { method: "POST" })
    if (reply.status === 501) throw new Skipped(await reply.text())
    assert.equal(reply.status, 204, await reply.text())
  }

  async close() {
    for (const client of this.#clients) {
      await client.realtime.disconnect()
      await client.auth.stopAutoRefresh()
    }
    const { auth } = createClient(this.stack.url, this.stack.secretKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    })
    // A case may have deleted its user itself, so a refusal is no news.
    for (const { id } of this.#users) if (id) await auth.admin.deleteUser(id)
  }
}
