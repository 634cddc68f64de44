import type { Refusal } from '../../domain/refusal.ts'
import { refusalEntry } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { JSON_TYPE, readText } from '../../listener/body.ts'
import type { HttpContext } from '../../listener/context.ts'
import type { ExtraHeaders, FaceRow, Serving } from '../../listener/face.ts'
import { AGENT } from '../../listener/guards.ts'
import { isLoopbackAddress } from '../../listener/loopback.ts'
import { actorOf } from '../../usecases/caller.ts'
import { answerText, type RpcFace, spell } from '../envelope.ts'
import type { CrpAsked, CrpSettings } from './asked.ts'
import { crpCapability } from './capability.ts'
import { crpError } from './errors.ts'
import { crpFace } from './methods.ts'
import { type CrpVersion, negotiate } from './version.ts'

const PATH = '/crp'

/** Says the version, both ways. */
const VERSION_HEADER = 'CRP-Version'

/**
 * CRP over HTTP: `POST /crp` takes JSON-RPC 2.0, `GET /crp` tells the capability. On the agents'
 * listener alone: the consumer is the certificate (CRPX-20), and what a client says of itself is
 * a claim. What is refused before there is a call has the status of the refusal and an error
 * without an id; a call has 200, whatever came of it, and a notification 204.
 */
export function crpRows(settings: CrpSettings): readonly FaceRow[] {
  const faces = new WeakMap<Serving, RpcFace<CrpAsked>>()
  const faceOf = (serving: Serving) => {
    const known = faces.get(serving) ?? faceFor(settings, serving)
    faces.set(serving, known)
    return known
  }
  const common = { path: PATH, listeners: ['agents'], who: AGENT, deadline: true, refused } as const
  return [
    {
      ...common,
      method: 'POST',
      answer: async (c, { serving, caller }) => {
        const version = versionOf(c)
        if (!version.ok) return version
        const text = await readText(c, serving.bodyBytesMax, JSON_TYPE)
        if (!text.ok) return text
        const local = isLoopbackAddress(c.env?.incoming?.socket.remoteAddress)
        const asked = { world: serving.world, caller, version: version.value, local }
        const answer = await answerText(faceOf(serving), asked, text.value)
        return accept(answered(answer, version.value))
      },
    },
    {
      ...common,
      method: 'GET',
      answer: async (c, { serving }) => {
        const version = versionOf(c)
        if (!version.ok) return version
        const crp = crpCapability(serving.world, version.value)
        return accept(answered(JSON.stringify({ experimental: { crp } }), version.value))
      },
    },
  ]
}

function faceFor(settings: CrpSettings, serving: Serving): RpcFace<CrpAsked> {
  return crpFace(settings, serving.log, ({ caller }) => serving.callers(actorOf(caller)))
}

/** What the client says; nothing said is no version, and each method then says its own. */
function versionOf(c: HttpContext): Result<CrpVersion | undefined> {
  const said = c.req.header(VERSION_HEADER)
  return said === undefined ? accept(undefined) : negotiate(said)
}

function answered(text: string | undefined, version: CrpVersion | undefined): Response {
  const spoken = version === undefined ? {} : { [VERSION_HEADER]: version }
  if (text === undefined) return new Response(null, { status: 204, headers: spoken })
  const headers = { 'Content-Type': 'application/json', ...spoken }
  return new Response(text, { status: 200, headers })
}

/** A no before there is a call: of who asks, how often, and in which form. */
function refused(c: HttpContext, refusal: Refusal, extra: ExtraHeaders = {}): Response {
  c.set('refusal', refusal)
  const { code, facts } = refusal
  const wait = facts['retryAfterSeconds']
  const later = typeof wait === 'number' ? { 'Retry-After': String(wait) } : {}
  const headers = { 'Content-Type': 'application/json', ...later, ...extra }
  // A version is something both sides speak about, so that it is told as an answer.
  const status = code === 'conflict' ? 200 : refusalEntry(code).http
  return new Response(spell(null, crpError(refusal, undefined)), { status, headers })
}
