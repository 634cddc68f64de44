import { type AatLink, type AatProof, type AatTools, deny } from '../domain/aat/link.ts'
import { readAatTools } from '../domain/aat/tools.ts'
import { AAT_AUDIENCES_MAX, AAT_ID_CHARACTERS_MAX } from '../domain/limits.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { AatClaims } from './aat-jws.ts'
import { type AatKey, readAatKey } from './aat-key.ts'
import { isObject, list, matching, text } from './shape.ts'

/** The type of the one entry that counts (AAT §3.3). */
const ENTRY_TYPE = 'attenuating_agent_token'

/** A link, and the key that may use it and derive from it. */
export interface ReadLink {
  readonly link: AatLink
  readonly holder: AatKey
}

/** Steps of AAT §8 by what is wrong; a root and a derived link count them differently. */
const STEPS = {
  root: {
    times: '3b',
    depth: '3c',
    parent: '3d',
    maxDepth: '3i',
    jti: '3j',
    issuer: '3k',
    holder: '3l',
    details: '3m',
    entries: '3m',
    constraints: '3n',
  },
  derived: {
    times: '4b5',
    depth: '4b4',
    parent: '4b5',
    maxDepth: '4b4',
    jti: '4b1',
    issuer: '4b5',
    holder: '4b2',
    details: '4b3',
    entries: '4n',
    constraints: '4o',
  },
} as const

/** An absolute URI as far as it matters: it is only ever compared, byte by byte. */
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/
const isId = text(AAT_ID_CHARACTERS_MAX)
const isIssuer = matching(URI)
const isAudienceList = list(text(1_024), 1, AAT_AUDIENCES_MAX)

/**
 * Reads the claims of a link whose signature held. What the draft does not define at the top is
 * passed over; inside the one entry that counts, anything not defined is a restriction nobody could
 * hold, so it is refused. Refusal: `malformed`, or `depth_invalid`, with the step.
 */
export function readLink(claims: AatClaims, place: keyof typeof STEPS): Result<ReadLink> {
  const steps = STEPS[place]
  const { members } = claims
  const { jti, iss, par_hash: parentHash } = members
  const issuedAt = integerOf(claims, 'iat')
  const expiresAt = integerOf(claims, 'exp')
  if (issuedAt === undefined || expiresAt === undefined) return deny('malformed', steps.times)
  const depth = integerOf(claims, 'del_depth')
  if (depth === undefined) return deny('depth_invalid', steps.depth)
  const wanted = place === 'derived' ? typeof parentHash === 'string' : parentHash === undefined
  if (!wanted) return deny('malformed', steps.parent)
  const maxDepth = integerOf(claims, 'del_max_depth')
  if (maxDepth === undefined) return deny('depth_invalid', steps.maxDepth)
  if (!isId(jti)) return deny('malformed', steps.jti)
  if (!isIssuer(iss)) return deny('malformed', steps.issuer)
  const { cnf } = members
  const holder = isObject(cnf) ? readAatKey(cnf['jwk']) : undefined
  if (holder === undefined) return deny('malformed', steps.holder)
  const audiences = audiencesOf(members['aud'])
  if (audiences === 'malformed') return deny('malformed', '6c')
  const tools = readDetails(members['authorization_details'], place)
  if (!tools.ok) return tools
  const link: AatLink = {
    jti: String(jti),
    issuer: String(iss),
    issuedAt: issuedAt as EpochSeconds,
    expiresAt: expiresAt as EpochSeconds,
    depth,
    maxDepth,
    parentHash: typeof parentHash === 'string' ? parentHash : undefined,
    audiences,
    tools: tools.value,
  }
  return accept({ link, holder })
}

function readDetails(details: unknown, place: keyof typeof STEPS): Result<AatTools | undefined> {
  const steps = STEPS[place]
  if (!Array.isArray(details)) return deny('malformed', steps.details)
  const entries = details.filter((entry) => isObject(entry) && entry['type'] === ENTRY_TYPE)
  const [entry] = entries
  if (entry === undefined && place === 'derived') return accept(undefined)
  if (entries.length !== 1 || !isObject(entry)) return deny('malformed', steps.entries)
  if (Object.keys(entry).some((member) => member !== 'type' && member !== 'tools')) {
    return deny('malformed', steps.entries, { member: 'unknown' })
  }
  const tools = readAatTools(entry['tools'])
  if (tools === 'tools') return deny('malformed', steps.entries)
  return tools === 'constraints' ? deny('malformed', steps.constraints) : accept(tools)
}

/**
 * Reads what a holder signed for one call (AAT §8 step 7c, as far as it is about shape). Refusal:
 * `malformed`.
 */
export function readProof(claims: AatClaims): Result<AatProof> {
  const { members } = claims
  const { jti, aat_id: leaf, aat_hash: leafHash, aat_tool: tool, hta } = members
  const { aat_aud: audience } = members
  const issuedAt = integerOf(claims, 'iat')
  const named = isId(jti) && isId(leaf) && typeof leafHash === 'string' && typeof tool === 'string'
  if (!named || issuedAt === undefined || !isObject(hta)) return deny('malformed', '7c')
  if (audience !== undefined && typeof audience !== 'string') return deny('malformed', '7d')
  return accept({
    jti: String(jti),
    issuedAt: issuedAt as EpochSeconds,
    leaf: String(leaf),
    leafHash,
    tool,
    audience,
    arguments: hta as AatProof['arguments'],
  })
}

/** RFC 7519 §4.1.3: one text or a list; undefined when it is not there. */
function audiencesOf(aud: unknown): readonly string[] | undefined | 'malformed' {
  if (aud === undefined) return undefined
  if (typeof aud === 'string') return [aud]
  return isAudienceList(aud) ? (aud as readonly string[]) : 'malformed'
}

/**
 * A claim that has to be an integer of at least 0, also as it is written: no fraction and no
 * exponent (AAT §3.2), which the value alone can not tell.
 */
function integerOf({ text: written, members }: AatClaims, name: string): number | undefined {
  const value = members[name]
  if (!Number.isSafeInteger(value) || (value as number) < 0) return undefined
  const spelled = new RegExp(`"${name}"[ \\t\\r\\n]*:[ \\t\\r\\n]*${value}(?=[ \\t\\r\\n,}])`)
  return spelled.test(written) ? (value as number) : undefined
}
