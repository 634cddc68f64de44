import {
  ATTESTATION_AGE_SECONDS_MAX,
  JUDGED_BODY_BYTES_MAX,
  LEASE_CUMULATIVE_SECONDS_MAX,
  LEASE_DEPTH_MAX,
  LEASE_RENEWALS_MAX,
  LEASE_USES_MAX,
  SCOPE_GRANTS_MAX,
} from '../domain/limits.ts'
import { completeRoot } from '../domain/scope/complete.ts'
import {
  fail,
  type Intake,
  integerBetween,
  type Members,
  type Reader,
  readEntries,
  readFlag,
  readObject,
  textThat,
  wordOf,
} from '../domain/scope/intake.ts'
import { readLimits } from '../domain/scope/parse-bounds.ts'
import { readGrant, readIdentifier } from '../domain/scope/parse-grant.ts'
import { pointerTo } from '../domain/scope/parsed.ts'
import { isPathPattern, pathCovers } from '../domain/scope/path.ts'
import { isDelegatePattern } from '../domain/scope/pattern.ts'
import {
  type Grant,
  type GrantRequest,
  SCOPE_TYPE,
  type ScopeRequires,
} from '../domain/scope/types.ts'
import { some } from './read-match.ts'
import type { Allowance, DelegationRule, Region } from './rule.ts'

/** The dimensions of one http grant, written straight into `allow`. */
const SHORT = ['schemes', 'hosts', 'ports', 'methods', 'paths', 'query', 'private_net'] as const

interface BodyConstraints {
  readonly forbidden_fields?: readonly string[]
  readonly max_size_bytes?: number
  readonly allowed_content_types?: readonly string[]
}

interface AllowTable {
  readonly schemes: unknown
  readonly hosts: unknown
  readonly ports: unknown
  readonly methods: unknown
  readonly paths: unknown
  readonly query: unknown
  readonly private_net: unknown
  readonly body_constraints: BodyConstraints
  readonly grants: readonly GrantRequest[]
  readonly forbidden_paths: readonly string[]
  readonly audiences: readonly string[]
  readonly ttl_seconds: number
  readonly max_requests: number
  readonly max_children: number
  readonly budgets: unknown
  readonly rate: unknown
  readonly requires: Partial<ScopeRequires>
  readonly delegation: DelegationRule
  readonly renewable: boolean
  readonly max_renewals: number
  readonly max_cumulative_ttl_seconds: number
  readonly network: Network
}

interface Network {
  readonly follow_redirects: boolean
}

/** Left to a reader that sees the whole. */
const later: Reader<unknown> = (_intake, value) => value

const BODY: Members<BodyConstraints> = {
  forbidden_fields: some(textThat(() => true, 'not a field name')),
  max_size_bytes: integerBetween(0, JUDGED_BODY_BYTES_MAX),
  allowed_content_types: some(readIdentifier),
}

const REQUIRES: Members<Omit<ScopeRequires, 'approval' | 'dpop'>> = {
  attestation_min: wordOf(['warning', 'affirming']),
  attestation_max_age_seconds: integerBetween(1, ATTESTATION_AGE_SECONDS_MAX),
  bind_request: readFlag,
  read_only: readFlag,
}

const DELEGATION: Members<DelegationRule> = {
  allowed: readFlag,
  max_depth: integerBetween(0, LEASE_DEPTH_MAX),
  delegates: some(textThat(isDelegatePattern, 'not a SPIFFE id, or a prefix ending in /**')),
  require_approval_for_delegate: readFlag,
}

/** T-07: who may delegate says so and how deep; silence forbids. */
const readDelegation: Reader<DelegationRule> = (intake, value, pointer) => {
  const rule = readObject(intake, value, pointer, DELEGATION, ['allowed'])
  if (rule === undefined) return undefined
  if (!rule.allowed && Object.keys(rule).length > 1) {
    return fail(intake, pointer, 'says how to delegate what may not be delegated')
  }
  if (rule.allowed && (rule.max_depth === undefined || rule.max_depth === 0)) {
    return fail(intake, pointerTo(pointer, 'max_depth'), 'a delegation needs a depth of 1 or more')
  }
  return rule
}

const NETWORK: Members<Network> = {
  follow_redirects: (intake, value, pointer) =>
    value === false ? false : fail(intake, pointer, 'redirects are never followed here'),
}

const TABLE: Members<AllowTable> = {
  ...(Object.fromEntries(SHORT.map((name) => [name, later])) as Record<
    (typeof SHORT)[number],
    Reader<unknown>
  >),
  body_constraints: (intake, value, pointer) => {
    const rule = readObject(intake, value, pointer, BODY, [])
    if (rule === undefined || Object.keys(rule).length > 0) return rule
    return fail(intake, pointer, 'says nothing')
  },
  grants: (intake, value, pointer) => {
    if (!Array.isArray(value) || value.length === 0) {
      return fail(intake, pointer, 'not a list of one grant or more')
    }
    return readEntries(intake, value, pointer, readGrant, SCOPE_GRANTS_MAX)
  },
  forbidden_paths: some(textThat(isPathPattern, 'not a canonical path pattern')),
  audiences: some(readIdentifier),
  ttl_seconds: integerBetween(1, LEASE_CUMULATIVE_SECONDS_MAX),
  max_requests: integerBetween(1, LEASE_USES_MAX),
  max_children: later as Reader<number>,
  budgets: later,
  rate: later,
  requires: (intake, value, pointer) => {
    const requires = readObject(intake, value, pointer, REQUIRES, [])
    if (requires === undefined || Object.keys(requires).length > 0) return requires
    return fail(intake, pointer, 'says nothing')
  },
  delegation: readDelegation,
  renewable: readFlag,
  max_renewals: integerBetween(1, LEASE_RENEWALS_MAX),
  max_cumulative_ttl_seconds: integerBetween(1, LEASE_CUMULATIVE_SECONDS_MAX),
  network: (intake, value, pointer) =>
    readObject(intake, value, pointer, NETWORK, ['follow_redirects']),
}

/** What a rule allows: `"contract"`, or a table with hosts, methods and paths, or with grants. */
export const readAllow: Reader<Allowance | 'contract'> = (intake, value, pointer) => {
  if (value === 'contract') return 'contract'
  const table = readObject<Partial<AllowTable>>(intake, value, pointer, TABLE, [])
  if (table === undefined) return undefined
  const grants = readGrants(intake, table, pointer)
  const limits = grants && readBounds(intake, table, pointer)
  if (grants === undefined || limits === undefined) return undefined
  const { renewable = true, max_renewals: maxRenewals } = table
  const { max_cumulative_ttl_seconds: maxCumulativeSeconds } = table
  if (!renewable && (maxRenewals ?? maxCumulativeSeconds) !== undefined) {
    return fail(intake, pointer, 'bounds renewals of what may not be renewed')
  }
  const forbidden = readForbidden(intake, table, grants, pointer)
  if (forbidden === 'failed') return undefined
  return {
    grants,
    ...(table.audiences === undefined ? {} : { audiences: table.audiences }),
    limits,
    requires: table.requires ?? {},
    delegation: table.delegation ?? { allowed: false },
    forbidden,
    renewable,
    ...(maxRenewals === undefined ? {} : { maxRenewals }),
    ...(maxCumulativeSeconds === undefined ? {} : { maxCumulativeSeconds }),
  }
}

/** T-01: a dimension that is not there is never everything. */
function readGrants(
  intake: Intake,
  table: Partial<AllowTable>,
  pointer: string,
): readonly Grant[] | undefined {
  const named = SHORT.filter((name) => Object.hasOwn(table, name))
  const { grants, body_constraints: body } = table
  if (grants !== undefined) {
    if (named.length > 0 || body !== undefined) {
      return fail(intake, pointerTo(pointer, 'grants'), 'stands beside hosts, methods or paths')
    }
    return completeAll(intake, grants, pointerTo(pointer, 'grants'))
  }
  for (const name of ['hosts', 'methods', 'paths'] as const) {
    if (!Object.hasOwn(table, name)) return fail(intake, pointerTo(pointer, name), 'missing')
  }
  const short: Record<string, unknown> = { type: 'http' }
  for (const name of named) short[name] = table[name]
  if (body !== undefined) {
    short['body'] = {
      ...(body.max_size_bytes === undefined ? {} : { max_bytes: body.max_size_bytes }),
      ...(body.allowed_content_types === undefined
        ? {}
        : { media_types: body.allowed_content_types }),
      ...(body.forbidden_fields === undefined ? {} : { forbidden_fields: body.forbidden_fields }),
    }
  }
  const grant = readGrant(intake, short, pointer)
  return grant && completeRoot({ type: SCOPE_TYPE, grants: [grant] }).grants
}

function completeAll(
  intake: Intake,
  grants: readonly GrantRequest[],
  pointer: string,
): readonly Grant[] | undefined {
  for (const [index, grant] of grants.entries()) {
    const needed =
      grant.type === 'http' ? ['hosts', 'methods', 'paths'] : ['server', 'tool', 'arguments']
    const missing = needed.find((name) => !Object.hasOwn(grant, name))
    if (missing !== undefined) {
      return fail(intake, pointerTo(pointerTo(pointer, index), missing), 'missing')
    }
  }
  return completeRoot({ type: SCOPE_TYPE, grants }).grants
}

function readBounds(
  intake: Intake,
  table: Partial<AllowTable>,
  pointer: string,
): Allowance['limits'] | undefined {
  const { ttl_seconds, max_requests: max_uses } = table
  const others: Record<string, unknown> = {}
  for (const name of ['max_children', 'budgets', 'rate'] as const) {
    if (Object.hasOwn(table, name)) others[name] = table[name]
  }
  const limits = readLimits(intake, others, pointer)
  return (
    limits && {
      ...limits,
      ...(ttl_seconds === undefined ? {} : { ttl_seconds }),
      ...(max_uses === undefined ? {} : { max_uses }),
    }
  )
}

/** The forbidden part has to leave something, and to be a part. */
function readForbidden(
  intake: Intake,
  table: Partial<AllowTable>,
  grants: readonly Grant[],
  pointer: string,
): Region | undefined | 'failed' {
  const { forbidden_paths: paths } = table
  if (paths === undefined) return undefined
  const at = pointerTo(pointer, 'forbidden_paths')
  const http = grants.flatMap((grant) => (grant.type === 'http' ? [grant] : []))
  const allowed = http.flatMap((grant) => grant.paths)
  if (allowed.every((path) => paths.some((forbidden) => pathCovers(forbidden, path)))) {
    fail(intake, at, 'forbids all that is allowed')
    return 'failed'
  }
  return { hosts: [...new Set(http.flatMap((grant) => grant.hosts))], paths }
}
