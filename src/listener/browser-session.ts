import { timingSafeEqual } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import type { CertificateThumbprint } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { personAt } from '../pki/person-certificate.ts'
import type { Caller } from '../usecases/caller.ts'
import { csrfTokenOf, noteUse, readStandingSession } from '../usecases/people/sessions.ts'
import type { World } from '../usecases/world.ts'
import type { HttpContext } from './context.ts'
import { hostOf } from './host.ts'

/** Name of the cookie: this host alone, the whole of it, over a trustworthy connection. */
export const SESSION_COOKIE = '__Host-writ'
/** The header that says what only our own page can know. */
export const CSRF_HEADER = 'x-writ-csrf'

const COOKIE = /(?:^|; ?)__Host-writ=([^;]*)/g
const SAFE: readonly string[] = ['GET', 'HEAD']

/** The secret of the session a request comes with; undefined for none, and for more than one. */
export function sessionSecretOf(c: HttpContext): string | undefined {
  const found = [...(c.req.header('cookie') ?? '').matchAll(COOKIE)]
  return found.length === 1 ? found[0]?.[1] : undefined
}

/**
 * A person by the session of a browser. The browser has to say that a page of this very origin asks
 * (Fetch Metadata, or an `Origin` that is ours), so that no other site and no link rides on the
 * cookie; and what changes something has to carry the token that only our page was told. A stream
 * that stays open keeps no session awake. A session that was opened with a certificate counts only
 * where this connection shows the same one, in force. Refuses `unauthenticated` alike for no
 * session and one that is over, `certificate_expired`, and `forbidden` without the token.
 */
export async function identifyBrowser(world: World, c: HttpContext): Promise<Result<Caller>> {
  const secret = sessionSecretOf(c)
  if (secret === undefined || !isSameOrigin(c)) return refuse('unauthenticated')
  const found = await readStandingSession(world, secret)
  if (found === undefined) return refuse('unauthenticated')
  if (found.session.certificate !== null) {
    const shown = certificateOf(world, c)
    if (!shown.ok) return shown
    if (shown.value !== found.session.certificate) return refuse('unauthenticated')
  }
  if (!SAFE.includes(c.req.method) && !hasCsrfToken(c, secret)) {
    return refuse('forbidden', { csrf: 'missing or wrong' })
  }
  const stream = c.req.header('accept')?.startsWith('text/event-stream') === true
  if (!stream) await noteUse(world, found)
  const { tenant, name, role: kind } = found.credential
  return accept({ kind, tenant, name, request: c.get('requestId') })
}

/** The certificate of a person that this connection shows; refusals as of `personAt`. */
export function certificateOf(world: World, c: HttpContext): Result<CertificateThumbprint> {
  const socket = c.env?.incoming?.socket
  if (!(socket instanceof TLSSocket)) return refuse('unauthenticated')
  return personAt(socket, world.clock.now())
}

/** Whether a browser vouches that a page of this origin asks; says nothing of other programs. */
export function isSameOrigin(c: HttpContext): boolean {
  const origin = c.req.header('origin')
  if (origin !== undefined && hostOfOrigin(c, origin) !== hostOf(c).toLowerCase()) return false
  const site = c.req.header('sec-fetch-site')
  return site === undefined ? origin !== undefined : site === 'same-origin'
}

/** Where we speak TLS, a page that came without it is not ours, whatever its host. */
function hostOfOrigin(c: HttpContext, origin: string): string | undefined {
  const found = /^(https?):\/\/([^/]+)$/.exec(origin.toLowerCase())
  const overTls = c.env?.incoming?.socket instanceof TLSSocket
  return overTls && found?.[1] !== 'https' ? undefined : found?.[2]
}

function hasCsrfToken(c: HttpContext, secret: string): boolean {
  const told = Buffer.from(c.req.header(CSRF_HEADER) ?? '')
  const known = Buffer.from(csrfTokenOf(secret))
  return told.length === known.length && timingSafeEqual(told, known)
}
