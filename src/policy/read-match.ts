import type { AttestationMethod } from '../domain/attestation.ts'
import { parseCertificateThumbprint, parseLeaseId } from '../domain/ids.ts'
import { LEASE_DEPTH_MAX } from '../domain/limits.ts'
import { POLICY_ACTIONS } from '../domain/policy.ts'
import { isHostPattern } from '../domain/scope/host.ts'
import {
  fail,
  integerBetween,
  listOf,
  type Members,
  type Reader,
  readObject,
  textThat,
  wordOf,
} from '../domain/scope/intake.ts'
import { readIdentifier, readToken, readToolName } from '../domain/scope/parse-grant.ts'
import { pointerTo } from '../domain/scope/parsed.ts'
import { isPathPattern } from '../domain/scope/path.ts'
import { isDelegatePattern } from '../domain/scope/pattern.ts'
import { CREDENTIAL_CATEGORIES } from '../domain/terms.ts'
import { isNetwork } from './networks.ts'
import { DAYS, type Match, type Region, type TimeWindow } from './rule.ts'

const METHODS: readonly AttestationMethod[] = ['mtls', 'oidc', 'process', 'signed-code', 'none']

/** A list that says something. */
export function some<T>(read: Reader<T>): Reader<readonly T[]> {
  return listOf(read, 'empty is malformed')
}

/** One text, or a list of them. */
function oneOrMore(read: Reader<string>): Reader<readonly string[]> {
  const list = some(read)
  return (intake, value, pointer) => {
    if (typeof value !== 'string') return list(intake, value, pointer)
    const text = read(intake, value, pointer)
    return text === undefined ? undefined : [text]
  }
}

/** A part of all requests; the paths and hosts of a rule that allows are read the same way. */
export const REGION: Members<Region> = {
  schemes: some(wordOf(['https', 'http'])),
  hosts: some(textThat(isHostPattern, 'not a canonical host pattern')),
  ports: some(integerBetween(1, 65535)),
  methods: some(readToken),
  paths: some(textThat(isPathPattern, 'not a canonical path pattern')),
  servers: some(readIdentifier),
  tools: some(readToolName),
}

const readRegion: Reader<Region> = (intake, value, pointer) => {
  const region = readObject(intake, value, pointer, REGION, [])
  if (region === undefined) return undefined
  if (Object.keys(region).length === 0) return fail(intake, pointer, 'says nothing')
  const isTool = region.servers !== undefined || region.tools !== undefined
  const { servers: _servers, tools: _tools, ...http } = region
  if (!isTool || Object.keys(http).length === 0) return region
  return fail(intake, pointer, 'no request is both a call over http and a call of a tool')
}

const readMinutes: Reader<number> = (intake, value, pointer) => {
  const found = typeof value === 'string' ? /^([01]\d|2[0-3]):([0-5]\d)$/.exec(value) : null
  if (found === null) return fail(intake, pointer, 'not a time such as "09:30", in UTC')
  return Number(found[1]) * 60 + Number(found[2])
}

const TIME: Members<TimeWindow> = {
  days: some(wordOf(DAYS)),
  from: readMinutes,
  to: readMinutes,
}

const readTime: Reader<TimeWindow> = (intake, value, pointer) => {
  const window = readObject(intake, value, pointer, TIME, [])
  if (window === undefined) return undefined
  const { from, to } = window
  if (Object.keys(window).length === 0) return fail(intake, pointer, 'says nothing')
  if ((from === undefined) !== (to === undefined)) {
    return fail(intake, pointer, 'from and to belong together')
  }
  return from === undefined || from !== to
    ? window
    : fail(intake, pointer, 'from and to are the same')
}

/** `sha256:` and 64 hexadecimal digits, kept as evidence hashes are: in base64url. */
const readBinaryHash: Reader<string> = (intake, value, pointer) => {
  const digest = typeof value === 'string' ? /^sha256:([0-9a-f]{64})$/.exec(value)?.[1] : undefined
  if (digest === undefined) return fail(intake, pointer, 'not sha256: and 64 hexadecimal digits')
  const bytes = (digest.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16))
  return `sha-256:${Buffer.from(bytes).toString('base64url')}`
}

const readAgents = some(textThat(isDelegatePattern, 'not a SPIFFE id, or a prefix ending in /**'))
const readWords = some(readIdentifier)

const MATCH: Members<Match> = {
  actions: some(wordOf(POLICY_ACTIONS)),
  users: readWords,
  agents: readAgents,
  agent_certificates: some(
    textThat((text) => parseCertificateThumbprint(text) !== undefined, 'not a thumbprint'),
  ),
  agent_binary_hash: (intake, value, pointer) => {
    const list = typeof value === 'string' ? [value] : value
    return some(readBinaryHash)(intake, list, pointer)
  },
  agent_id: oneOrMore(readIdentifier),
  attestation_min: (intake, value, pointer) =>
    value === 'none'
      ? fail(intake, pointer, 'every agent has a tier of at least none')
      : wordOf(['warning', 'affirming'])(intake, value, pointer),
  attestation_methods: some(wordOf(METHODS)),
  delegates: readAgents,
  lineage: readAgents,
  max_depth: integerBetween(0, LEASE_DEPTH_MAX),
  projects: readWords,
  workspaces: readWords,
  environments: readWords,
  sessions: some(textThat((text) => parseLeaseId(text) !== undefined, 'not a lease id')),
  credential_ref: oneOrMore(readIdentifier),
  credential_categories: some(wordOf(CREDENTIAL_CATEGORIES)),
  audiences: readWords,
  addresses: some(textThat(isNetwork, 'not an address, or a network such as 10.0.0.0/8')),
  time: readTime,
  request: readRegion,
}

/** What a rule is about: `"any"`, or a table with at least one condition. */
export const readMatch: Reader<Match> = (intake, value, pointer) => {
  if (value === 'any') return {}
  const match = readObject(intake, value, pointer, MATCH, [])
  if (match === undefined) return undefined
  if (Object.keys(match).length === 0) {
    return fail(intake, pointer, 'no condition is never meant; say match = "any"')
  }
  const onlyCalls = match.actions?.every((action) => action === 'call') === true
  if (match.delegates !== undefined && onlyCalls) {
    return fail(intake, pointerTo(pointer, 'delegates'), 'a call has no delegate')
  }
  return match
}
