import {
  type CertificateThumbprint,
  type KeyThumbprint,
  parseAgentUri,
  parseCertificateThumbprint,
  parseKeyThumbprint,
  parseLeaseId,
  parsePrincipalId,
  parseTenantId,
  type TenantId,
} from './ids.ts'
import { type Labels, labelTexts, parseLabelText } from './labels.ts'
import { type Lease, ownerOf } from './lease.ts'
import type { EpochSeconds } from './time.ts'

/**
 * What a revocation can name. A lease: its subtree. An agent: everything it holds anywhere in a
 * lineage. A certificate, a principal, a tenant, a key that signs tokens or proves possession:
 * everything through them. A label, as `key=value`: every tree that has it.
 */
export type SubjectKind =
  | 'lease'
  | 'agent'
  | 'certificate'
  | 'principal'
  | 'tenant'
  | 'key'
  | 'label'

/** `kind:id`, as stored and compared; ids contain no byte that would make two subjects alike. */
export type RevocationSubject = `${SubjectKind}:${string}`

/** One row of revocation. `suspended` is the same row, and reversible. */
export interface Revocation {
  readonly subject: RevocationSubject
  readonly effect: 'revoked' | 'suspended'
  readonly reason: string
  readonly at: EpochSeconds
}

/**
 * What can happen to a subject. `released` names a lease, `contract_moved` an agent whose contract
 * was set anew; both end or change tokens that are out, as a revocation does.
 */
export type ChangeEffect = Revocation['effect'] | 'lifted' | 'released' | 'contract_moved'

/**
 * One entry of the revocation log. `seq` counts every change of every tenant without a gap, in the
 * order of their commits.
 */
export interface RevocationChange {
  readonly seq: number
  readonly tenant: TenantId
  readonly subject: RevocationSubject
  readonly effect: ChangeEffect
  readonly reason: string
  readonly at: EpochSeconds
}

/** What a change says to whoever runs a call. */
export type RevocationNotice = Pick<RevocationChange, 'subject' | 'effect'>

/** Names a subject. */
export function subjectOf(kind: SubjectKind, id: string): RevocationSubject {
  return `${kind}:${id}`
}

const PARSE_ID: Readonly<Record<SubjectKind, (id: string) => string | undefined>> = {
  lease: parseLeaseId,
  agent: parseAgentUri,
  certificate: parseCertificateThumbprint,
  principal: parsePrincipalId,
  tenant: parseTenantId,
  key: parseKeyThumbprint,
  label: parseLabelText,
}

/** A subject by its text: a known kind and an id of that kind; or undefined. */
export function parseRevocationSubject(text: string): RevocationSubject | undefined {
  const colon = text.indexOf(':')
  const kind = text.slice(0, colon)
  if (!Object.hasOwn(PARSE_ID, kind)) return undefined
  const id = text.slice(colon + 1)
  return PARSE_ID[kind as SubjectKind](id) === undefined
    ? undefined
    : subjectOf(kind as SubjectKind, id)
}

/** Each label as a subject. */
export function labelSubjects(labels: Labels): readonly RevocationSubject[] {
  return labelTexts(labels).map((label) => subjectOf('label', label))
}

/**
 * Every subject whose revocation kills this use (I6): each lease and holder of the lineage, the
 * principal and who answers for it, the tenant, each label of the tree, and the certificate and the
 * keys presented, when there are any.
 */
export function subjectsOf(
  lease: Pick<Lease, 'lineage' | 'holders' | 'subject' | 'tenant' | 'owner' | 'labels'>,
  presented: {
    readonly certificate?: CertificateThumbprint | undefined
    readonly key?: KeyThumbprint | undefined
    readonly proofKey?: KeyThumbprint | undefined
    readonly keys?: readonly KeyThumbprint[] | undefined
  } = {},
): readonly RevocationSubject[] {
  const subjects = new Set<RevocationSubject>()
  for (const id of lease.lineage) subjects.add(subjectOf('lease', id))
  for (const holder of lease.holders) subjects.add(subjectOf('agent', holder))
  subjects.add(subjectOf('principal', lease.subject))
  subjects.add(subjectOf('principal', ownerOf(lease)))
  subjects.add(subjectOf('tenant', lease.tenant))
  for (const subject of labelSubjects(lease.labels)) subjects.add(subject)
  if (presented.certificate !== undefined) {
    subjects.add(subjectOf('certificate', presented.certificate))
  }
  const { key, proofKey, keys = [] } = presented
  for (const one of [key, proofKey, ...keys]) {
    if (one !== undefined) subjects.add(subjectOf('key', one))
  }
  return [...subjects]
}
