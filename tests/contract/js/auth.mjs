/*
 * Accounts, sessions and tokens.
 *
 * In:  a Stage.   Out: nothing, or an error that says what did not hold.   Next: rest.mjs.
 */

import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"

import { unwrap } from "./stage.mjs"

/** Whether the server still knows the session of this client. */
async function alive(client) {
  return (await client.auth.getUser()).error === null
}

/** Whether the server says 403 session_not_found, of which supabase-js makes this error. */
async function ended(stage, session) {
  const { error } = await stage.client().auth.getUser(session.access_token)
  return error?.name === "AuthSessionMissingError"
}

async function signInAnew(stage, user) {
  const client = stage.client()
  const { email, password } = user
  const { session } = unwrap(await client.auth.signInWithPassword({ email, password }))
  return { client, session }
}

/** The token with other claims under its old signature. */
function withClaims(token, claims) {
  const [head, body, seal] = token.split(".")
  const all = { ...JSON.parse(Buffer.from(body, "base64url")), ...claims }
  return [head, Buffer.from(JSON.stringify(all)).toString("base64url"), seal].join(".")
}

export const auth = {
  "sign-up gives a session and keeps the metadata": async (stage) => {
    const user = stage.credentials()
    const options = { data: { display_name: "Asha" } }
    const data = unwrap(await stage.client().auth.signUp({ ...user, options }))
    user.id = data.user.id
    assert.ok(data.session.access_token)
    assert.equal(data.user.email, user.email)
    assert.equal(data.user.user_metadata.display_name, "Asha")
    assert.equal(data.user.role, "authenticated")
  },

  "sign-up makes a profile through the trigger on auth.users": async (stage) => {
    const user = stage.credentials()
    const client = stage.client()
    const options = { data: { display_name: "Ravi" } }
    const data = unwrap(await client.auth.signUp({ ...user, options }))
    user.id = data.user.id
    const profiles = unwrap(await client.from("profiles").select())
    assert.deepEqual(profiles, [{ id: user.id, display_name: "Ravi" }])
  },

  "sign-in with the right password gives a session": async (stage) => {
    const user = await stage.user()
    const { client, session } = await signInAnew(stage, user)
    assert.equal(session.user.id, user.id)
    assert.equal(session.token_type, "bearer")
    assert.ok(session.expires_in > 60)
    assert.ok(await alive(client))
  },

  "sign-in with a wrong password is refused": async (stage) => {
    const { email } = await stage.user()
    const client = stage.client()
    const { data, error } = await client.auth.signInWithPassword({ email, password: "wrong-pass" })
    assert.equal(data.session, null)
    assert.equal(error?.status, 400)
    assert.equal(error.code, "invalid_credentials")
  },

  "refresh gives two new tokens of the same session": async (stage) => {
    const { client, user } = await stage.signedIn()
    const { session } = unwrap(await client.auth.refreshSession())
    assert.notEqual(session.refresh_token, user.session.refresh_token)
    assert.notEqual(session.access_token, user.session.access_token)
    const [before, after] = await Promise.all(
      [user.session, session].map(async ({ access_token: token }) => {
        return unwrap(await client.auth.getClaims(token)).claims
      }),
    )
    assert.equal(after.session_id, before.session_id)
    assert.ok(await alive(client))
  },

  "getUser answers what the server knows now": async (stage) => {
    const { client, user } = await stage.signedIn()
    const arranger = stage.arranger()
    const changed = { user_metadata: { display_name: "Meera" } }
    unwrap(await arranger.auth.admin.updateUserById(user.id, changed))
    const { user: seen } = unwrap(await client.auth.getUser())
    assert.equal(seen.id, user.id)
    assert.equal(seen.email, user.email)
    assert.equal(seen.user_metadata.display_name, "Meera")
  },

  "getUser refuses a forged token": async (stage) => {
    const { session } = await stage.user()
    const forged = withClaims(session.access_token, { sub: randomUUID(), role: "service_role" })
    const { data, error } = await stage.client().auth.getUser(forged)
    assert.equal(data.user, null)
    assert.equal(error?.status, 403)
    assert.equal(error.code, "bad_jwt")
  },

  "a user changes their own metadata and password": async (stage) => {
    const { client, user } = await stage.signedIn()
    user.password = `new-${user.password}`
    const wanted = { password: user.password, data: { theme: "dark" } }
    const { user: changed } = unwrap(await client.auth.updateUser(wanted))
    assert.equal(changed.user_metadata.theme, "dark")
    const { session } = await signInAnew(stage, user)
    assert.equal(session.user.user_metadata.theme, "dark")
  },

  "local sign-out ends this session only": async (stage) => {
    const user = await stage.user()
    const { client: other } = await signInAnew(stage, user)
    const { client, session } = await signInAnew(stage, user)
    assert.equal((await client.auth.signOut({ scope: "local" })).error, null)
    assert.ok(await ended(stage, session))
    const refused = await stage.client().auth.refreshSession(session)
    assert.equal(refused.error?.code, "refresh_token_not_found")
    assert.ok(await alive(other), "the other session ended too")
  },

  "global sign-out ends every session of the user": async (stage) => {
    const user = await stage.user()
    const { session: other } = await signInAnew(stage, user)
    const { client, session } = await signInAnew(stage, user)
    const { client: stranger } = await stage.signedIn()
    assert.equal((await client.auth.signOut({ scope: "global" })).error, null)
    assert.ok(await ended(stage, session))
    assert.ok(await ended(stage, other))
    assert.ok(await alive(stranger), "a stranger's session ended too")
  },

  "admin creates a confirmed user with app metadata": async (stage) => {
    const user = stage.credentials()
    const wanted = { ...user, email_confirm: true, app_metadata: { admin: true } }
    const { user: created } = unwrap(await stage.admin().auth.admin.createUser(wanted))
    user.id = created.id
    assert.ok(created.email_confirmed_at)
    const { client } = await signInAnew(stage, user)
    const { claims } = unwrap(await client.auth.getClaims())
    assert.equal(claims.app_metadata.admin, true)
    assert.equal(claims.sub, created.id)
  },

  "admin lists users page by page": async (stage) => {
    const users = await Promise.all([stage.user(), stage.user()])
    const admin = stage.admin().auth.admin
    const first = unwrap(await admin.listUsers({ page: 1, perPage: 1 }))
    assert.equal(first.users.length, 1)
    assert.equal(first.nextPage, 2)
    assert.ok(first.total >= 2, `total ${first.total}`)
    const all = unwrap(await admin.listUsers({ page: 1, perPage: 1000 }))
    const known = new Set(all.users.map(({ id }) => id))
    assert.ok(users.every(({ id }) => known.has(id)), "a user is missing from the list")
  },

  "admin deletes a user, who can then not sign in": async (stage) => {
    const user = await stage.user()
    unwrap(await stage.admin().auth.admin.deleteUser(user.id))
    const { email, password } = user
    const { error } = await stage.client().auth.signInWithPassword({ email, password })
    assert.equal(error?.code, "invalid_credentials")
  },

  "admin is refused to the publishable key": async (stage) => {
    const { error } = await stage.client().auth.admin.listUsers()
    assert.ok(error, "the publishable key listed the users")
    assert.ok([401, 403].includes(error.status), `status ${error.status}`)
  },

  "user tokens verify against the published keys": async (stage) => {
    const { client, user } = await stage.signedIn()
    const reply = await fetch(`${stage.url}/auth/v1/.well-known/jwks.json`)
    const jwks = await reply.json()
    const token = user.session.access_token
    const { header, claims } = unwrap(await client.auth.getClaims(token, { jwks }))
    assert.equal(header.alg, "ES256")
    assert.ok(jwks.keys.some(({ kid }) => kid === header.kid), "the token's key is not published")
    assert.equal(claims.sub, user.id)
    const { error } = await client.auth.getClaims(withClaims(token, { sub: "else" }), { jwks })
    assert.match(String(error?.message), /signature/i)
  },

  "auth errors carry status, code and reasons": async (stage) => {
    const { email } = await stage.user()
    const client = stage.client()
    const taken = await client.auth.signUp({ email, password: "long-enough-1" })
    assert.equal(taken.error?.status, 422)
    assert.equal(taken.error.code, "user_already_exists")
    const weak = await client.auth.signUp({ email: stage.credentials().email, password: "x" })
    assert.equal(weak.error?.name, "AuthWeakPasswordError")
    assert.equal(weak.error.code, "weak_password")
    assert.deepEqual(weak.error.reasons, ["length"])
  },
}
