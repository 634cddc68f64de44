import { z } from 'zod'
import { SESSION_SECONDS, SIGN_IN_BYTES_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { readBody } from '../listener/body.ts'
import {
  certificateOf,
  identifyBrowser,
  isSameOrigin,
  SESSION_COOKIE,
  sessionSecretOf,
} from '../listener/browser-session.ts'
import { callerOfCertificate, callerOfRoleToken, type Identify } from '../listener/caller.ts'
import type { HttpContext } from '../listener/context.ts'
import type { Asked, FaceRow, OpenRow, Serving } from '../listener/face.ts'
import { PEOPLE } from '../listener/guards.ts'
import { parseWith } from '../listener/parse.ts'
import { refused } from '../listener/problem.ts'
import { timeText } from '../listener/time-text.ts'
import type { Caller } from '../usecases/caller.ts'
import {
  csrfTokenOf,
  endSession,
  openSession,
  readStandingSession,
} from '../usecases/people/sessions.ts'
import type { World } from '../usecases/world.ts'

const PATH = '/console/session'
const BY_CERTIFICATE = '/console/session/certificate'
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict'

const signInBody = z.strictObject({ token: z.string().regex(/^[A-Za-z0-9_-]{32,128}$/) })

/**
 * Signing in and signing out. A session does what the token or the certificate could that it was
 * opened with; what it may ask is the API itself (docs/subjects/console.md).
 */
export const CONSOLE_ROWS: readonly FaceRow[] = [
  row('POST', PATH, signIn, identifyByToken),
  row('POST', BY_CERTIFICATE, signInByCertificate, identifyByCertificate),
  row('DELETE', PATH, signOut),
]

/**
 * Who is signed in, for a page that was just loaded (nobody is no error, so it is no refusal); and
 * whether this browser shows a certificate it could try to sign in with.
 */
export const CONSOLE_OPEN_ROWS: readonly OpenRow<{ readonly world: World }>[] = [
  {
    path: '/console/whoami',
    handler:
      ({ world }) =>
      async (c) => {
        const caller = await identifyBrowser(world, c)
        const secret = sessionSecretOf(c)
        const found = caller.ok && secret && (await readStandingSession(world, secret))
        if (!caller.ok || !secret || !found) return c.body(null, 204)
        return c.json(viewOf(caller.value, secret, found.session.expiresAt))
      },
  },
  {
    path: '/console/ways',
    handler:
      ({ world }) =>
      (c) =>
        c.json({ certificate: certificateOf(world, c).ok }),
  },
]

function row(
  method: 'POST' | 'DELETE',
  path: string,
  answer: FaceRow['answer'],
  identify?: (serving: Serving) => Identify,
): FaceRow {
  const own = identify === undefined ? {} : { identify }
  return {
    ...{ method, path, listeners: ['api'], who: PEOPLE, deadline: true, answer, refused },
    ...own,
  }
}

/**
 * By the token in a JSON body, from a page of ours: another site can not sign a browser in as
 * somebody else. Refuses `unauthenticated` alike for another site and an unknown token.
 */
function identifyByToken({ world }: Serving): Identify {
  return async (c) => {
    if (!isSameOrigin(c)) return refuse('unauthenticated')
    const body = await readBody(c, SIGN_IN_BYTES_MAX)
    if (!body.ok) return body
    const parsed = parseWith(signInBody, body.value.value, 'malformed')
    return parsed.ok ? callerOfRoleToken(world, c, parsed.value.token) : refuse('unauthenticated')
  }
}

/** From a page of ours, like the token: no other site signs a browser in unasked. */
function identifyByCertificate({ world }: Serving): Identify {
  return async (c) => (isSameOrigin(c) ? callerOfCertificate(world, c) : refuse('unauthenticated'))
}

async function signIn(_c: HttpContext, { serving, caller }: Asked): Promise<Result<Response>> {
  return welcome(caller, await openSession(serving.world, caller))
}

async function signInByCertificate(
  c: HttpContext,
  { serving: { world }, caller }: Asked,
): Promise<Result<Response>> {
  const shown = certificateOf(world, c)
  return shown.ok ? welcome(caller, await openSession(world, caller, shown.value)) : shown
}

function welcome(
  caller: Caller,
  opened: Awaited<ReturnType<typeof openSession>>,
): Result<Response> {
  if (!opened.ok) return opened
  const { secret, session } = opened.value
  const cookie = `${SESSION_COOKIE}=${secret}; Max-Age=${SESSION_SECONDS}; ${ATTRIBUTES}`
  const headers = { 'Set-Cookie': cookie }
  return accept(Response.json(viewOf(caller, secret, session.expiresAt), { status: 201, headers }))
}

async function signOut(c: HttpContext, { serving, caller }: Asked): Promise<Result<Response>> {
  const secret = sessionSecretOf(c)
  if (secret === undefined) return refuse('unauthenticated')
  const ended = await endSession(serving.world, caller, { secret })
  if (!ended.ok) return ended
  const headers = { 'Set-Cookie': `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}` }
  return accept(new Response(null, { status: 204, headers }))
}

function viewOf(caller: Caller, secret: string, expiresAt: Parameters<typeof timeText>[0]) {
  const name = 'name' in caller ? caller.name : ''
  return { role: caller.kind, name, csrf: csrfTokenOf(secret), expires_at: timeText(expiresAt) }
}
