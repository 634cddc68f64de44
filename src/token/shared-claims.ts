import type { AttestationMethod } from '../domain/attestation.ts'
import {
  parseAgentUri,
  parseCertificateThumbprint,
  parseKeyThumbprint,
  parseLeaseId,
  parsePrincipalId,
} from '../domain/ids.ts'
import { parseLabels } from '../domain/labels.ts'
import { LEASE_DEPTH_MAX, SCOPE_STRING_MAX, STATUS_LIST_SIZE } from '../domain/limits.ts'
import { accept, type Result } from '../domain/result.ts'
import { parseScope } from '../domain/scope/complete.ts'
import type { AttestationTier, Scope } from '../domain/scope/types.ts'
import { statusListOf as listOf, type StatusPlace, statusListUri } from '../domain/status-list.ts'
import type { TokenClaims, TokenKind } from '../domain/token.ts'
import { malformed } from './jws.ts'
import {
  faultFinder,
  integer,
  isObject,
  list,
  type Members,
  matching,
  object,
  oneOf,
  parsedBy,
  text,
} from './shape.ts'
import { readWrittenJson } from './strict-json.ts'
import { chainOf, type WireSharedClaims } from './wire.ts'

/** What the tokens of one lease, audience and certificate have in common. */
export type SharedClaims = Omit<TokenClaims, 'jti' | 'issuedAt' | 'notBefore' | 'expiresAt'>

const TIERS: Readonly<Record<AttestationTier, true>> = {
  none: true,
  warning: true,
  affirming: true,
}
const METHODS: Readonly<Record<AttestationMethod, true>> = {
  mtls: true,
  oidc: true,
  process: true,
  'signed-code': true,
  none: true,
}
const LINEAGE_MAX = LEASE_DEPTH_MAX + 1
const SHA256 = '[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]'

const isAgent = parsedBy(parseAgentUri)
const isLease = parsedBy(parseLeaseId)
const hasConfirmation = object({
  required: {},
  optional: {
    'x5t#S256': parsedBy(parseCertificateThumbprint),
    jkt: parsedBy(parseKeyThumbprint),
  },
})

const LEASE = { id: isLease, lineage: list(isLease, 1, LINEAGE_MAX) }

/** The table of protocol §4: each claim and its shape. The set is closed, nested objects too. */
const MEMBERS: Members['required'] = {
  iss: text(SCOPE_STRING_MAX),
  aud: text(SCOPE_STRING_MAX),
  sub: parsedBy(parsePrincipalId),
  client_id: isAgent,
  act: isChain,
  cnf: (value) => hasConfirmation(value) && Object.keys(value as object).length > 0,
  authorization_details: list(isObject, 1, 1),
  lease: object({ required: LEASE }),
  txn: isLease,
  del_depth: integer(0, LINEAGE_MAX),
  del_max_depth: integer(0, LEASE_DEPTH_MAX),
  att: object({
    required: {
      tier: oneOf(Object.keys(TIERS)),
      method: oneOf(Object.keys(METHODS)),
      verifier: text(SCOPE_STRING_MAX),
      evh: matching(new RegExp(`^sha-256:${SHA256}$`)),
      at: integer(),
    },
  }),
}
const PIN = object({
  required: { htm: matching(/^[A-Za-z-]{1,32}$/), htu: matching(/^[\x21-\x7e]+$/) },
  optional: { cd: matching(new RegExp(`^${SHA256}$`)) },
})
const STATUS = object({
  required: {
    status_list: object({
      required: {
        idx: integer(0, STATUS_LIST_SIZE - 1),
        uri: (value) => typeof value === 'string' && listOf(value) !== undefined,
      },
    }),
  },
})
const FAULT_FINDERS: Readonly<Record<TokenKind, (value: unknown) => string | undefined>> = {
  delegation: faultFinder({ required: MEMBERS }),
  call: faultFinder({
    required: { ...MEMBERS, lease: object({ required: LEASE, optional: { labels: areLabels } }) },
    optional: { req: PIN, status: STATUS },
  }),
}

/**
 * Reads the claims of a token of one kind but for its head. Refusal `malformed`, with a pointer
 * into the payload, unless the text is written as we write it, each claim has its shape, there is
 * no other claim, and the claims agree with each other. Knows nothing of issuer or audience, and
 * does not hold the depth against its limit.
 */
export function readSharedClaims(written: string, kind: TokenKind): Result<SharedClaims> {
  const value = readWrittenJson(written)
  if (value === undefined) return malformed('', 'Not JSON in its one accepted spelling.')
  const fault = FAULT_FINDERS[kind](value)
  if (fault !== undefined) return malformed(fault, 'Missing, unknown or not of its shape.')
  const wire = value as WireSharedClaims
  const contradiction = findContradiction(wire, kind)
  if (contradiction !== undefined) {
    return malformed(`/${contradiction}`, 'Contradicts the other claims.')
  }
  const scope = parseScope(wire.authorization_details[0])
  if (!scope.ok) return malformed(`/authorization_details/0${scope.pointer}`, scope.detail)
  return accept(fromWire(wire, kind, scope.value))
}

/** The first claim that does not agree with the others, or undefined. */
function findContradiction(
  wire: WireSharedClaims,
  kind: TokenKind,
): keyof WireSharedClaims | undefined {
  const { lineage, id } = wire.lease
  if (wire.act.sub !== wire.client_id) return 'act'
  if (lineage.at(-1) !== id || new Set(lineage).size !== lineage.length) return 'lease'
  if (wire.txn !== lineage[0]) return 'txn'
  const position = kind === 'call' ? lineage.length - 1 : lineage.length
  if (wire.del_depth !== position) return 'del_depth'
  return isOwnList(wire) ? undefined : 'status'
}

/** Whoever follows the address is sent to nobody but the issuer. */
function isOwnList({ iss, status }: WireSharedClaims): boolean {
  if (status === undefined) return true
  const { uri } = status.status_list
  const list = listOf(uri)
  return list !== undefined && uri === statusListUri(iss, list)
}

/** The shapes were checked, so the words of the domain may be put on them. */
function fromWire(wire: WireSharedClaims, kind: TokenKind, scope: Scope): SharedClaims {
  const { cnf, att, req, status } = wire
  const { labels, ...lease } = wire.lease
  const claims = {
    kind,
    issuer: wire.iss,
    audience: wire.aud,
    subject: wire.sub,
    agent: wire.client_id,
    actors: chainOf(wire.act),
    confirmation: {
      ...(cnf['x5t#S256'] === undefined ? {} : { certificate: cnf['x5t#S256'] }),
      ...(cnf.jkt === undefined ? {} : { key: cnf.jkt }),
    },
    scope,
    lease,
    ...(labels === undefined ? {} : { labels }),
    depth: wire.del_depth,
    maxDepth: wire.del_max_depth,
    attestation: {
      tier: att.tier,
      method: att.method,
      verifier: att.verifier,
      evidenceHash: att.evh,
      at: att.at,
    },
    ...(status === undefined ? {} : { status: placeOf(status.status_list) }),
    ...(req === undefined ? {} : { pin: pinOf(req) }),
  }
  return claims as unknown as SharedClaims
}

function placeOf(entry: NonNullable<WireSharedClaims['status']>['status_list']): StatusPlace {
  return { uri: entry.uri, position: entry.idx }
}

function pinOf(req: NonNullable<WireSharedClaims['req']>): NonNullable<TokenClaims['pin']> {
  const { htm, htu, cd } = req
  return { method: htm, target: htu, ...(cd === undefined ? {} : { bodyDigest: cd }) }
}

/** At least one; of none we write nothing. */
function areLabels(value: unknown): boolean {
  return parseLabels(value).ok && Object.keys(value as object).length > 0
}

/** `{sub, act?}` all the way down, at most one actor for each lease there can be. */
function isChain(value: unknown): boolean {
  let at = value
  for (let actors = 0; actors < LINEAGE_MAX; actors += 1) {
    if (!isObject(at) || !isAgent(at['sub'])) return false
    const members = Object.keys(at).length
    if (members === 1) return true
    if (members !== 2 || !Object.hasOwn(at, 'act')) return false
    at = at['act']
  }
  return false
}
