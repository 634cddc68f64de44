import type { AuditPosition } from '../domain/audit.ts'
import {
  type AgentUri,
  type CertificateThumbprint,
  type Jti,
  type KeyThumbprint,
  type LeaseId,
  parseAgentUri,
  parseCertificateThumbprint,
  parseJti,
  parseKeyThumbprint,
  parseLeaseId,
} from '../domain/ids.ts'
import { SCOPE_STRING_MAX, TOKEN_BYTES_MAX } from '../domain/limits.ts'
import { REFUSALS, type RefusalCode, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { malformed, readCompact, verifySignature } from './jws.ts'
import type { KeySource, SigningKey } from './key.ts'
import { faultFinder, integer, object, oneOf, parsedBy, text } from './shape.ts'
import { signCompact } from './sign.ts'
import { isGenuineByNode } from './signature-node.ts'
import { readWrittenJson } from './strict-json.ts'

/** What became of a spent token, as a signed statement that settles a lost answer (I9). */
export interface Receipt {
  readonly issuer: string
  readonly issuedAt: EpochSeconds
  /** The spent token. */
  readonly jti: Jti
  readonly lease: LeaseId
  /** Root of the tree; `txn`. */
  readonly root: LeaseId
  /** The agent that presented the token; `client_id`. */
  readonly agent: AgentUri
  /** The certificate it was presented over, the key that was proven with it, or both. */
  readonly certificate?: CertificateThumbprint
  readonly key?: KeyThumbprint
  readonly record: AuditPosition
  readonly outcome: 'allowed' | RefusalCode
  /** HTTP status of the upstream, once there was one. */
  readonly status?: number
}

interface WireReceipt {
  readonly iss: string
  readonly iat: number
  readonly jti: string
  readonly lease: string
  readonly txn: string
  readonly client_id: string
  readonly cnf: { readonly 'x5t#S256'?: string; readonly jkt?: string }
  readonly audit: AuditPosition
  readonly outcome: string
  readonly status?: number
}

const TYP = 'writ-receipt+jwt'
const isLease = parsedBy(parseLeaseId)

const isConfirmation = object({
  required: {},
  optional: {
    'x5t#S256': parsedBy(parseCertificateThumbprint),
    jkt: parsedBy(parseKeyThumbprint),
  },
})

const findFault = faultFinder({
  required: {
    iss: text(SCOPE_STRING_MAX),
    iat: integer(),
    jti: parsedBy(parseJti),
    lease: isLease,
    txn: isLease,
    client_id: parsedBy(parseAgentUri),
    cnf: (value) => isConfirmation(value) && Object.keys(value as object).length > 0,
    audit: object({ required: { chain: text(SCOPE_STRING_MAX), sequence: integer() } }),
    outcome: oneOf(['allowed', ...REFUSALS.keys()]),
  },
  optional: { status: integer(100, 599) },
})

/** Signs a receipt with a key for receipts (typ `writ-receipt+jwt`). */
export function signReceipt(key: SigningKey, receipt: Receipt): Promise<string> {
  const { record, status, certificate, key: jkt } = receipt
  const payload: WireReceipt = {
    iss: receipt.issuer,
    iat: receipt.issuedAt,
    jti: receipt.jti,
    lease: receipt.lease,
    txn: receipt.root,
    client_id: receipt.agent,
    cnf: {
      ...(certificate === undefined ? {} : { 'x5t#S256': certificate }),
      ...(jkt === undefined ? {} : { jkt }),
    },
    audit: { chain: record.chain, sequence: record.sequence },
    outcome: receipt.outcome,
    ...(status === undefined ? {} : { status }),
  }
  return signCompact(key, { purpose: 'receipt', typ: TYP, payload })
}

/**
 * Reads a receipt, strictly. Refusals: `too_large`, `malformed`, `token_kind`, `signature_invalid`,
 * `issuer_mismatch`. A receipt does not expire; give `KeyRing.archive` to read old ones.
 */
export async function verifyReceipt(
  text: string,
  expected: { readonly keys: KeySource; readonly issuer: string },
): Promise<Result<Receipt>> {
  const jws = readCompact(text, { typ: TYP, bytesMax: TOKEN_BYTES_MAX })
  if (!jws.ok) return jws
  const payload = readWrittenJson(jws.value.payload)
  const fault = findFault(payload)
  if (fault !== undefined) return malformed(fault, 'Missing, unknown or not of its shape.')
  const signed = await verifySignature(jws.value, expected.keys, 'receipt', isGenuineByNode)
  if (!signed.ok) return signed
  const receipt = fromWire(payload as WireReceipt)
  const { issuer } = receipt
  return issuer === expected.issuer ? accept(receipt) : refuse('issuer_mismatch', { issuer })
}

function fromWire(wire: WireReceipt): Receipt {
  const { 'x5t#S256': certificate, jkt: key } = wire.cnf
  const receipt = {
    issuer: wire.iss,
    issuedAt: wire.iat,
    jti: wire.jti,
    lease: wire.lease,
    root: wire.txn,
    agent: wire.client_id,
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    record: wire.audit,
    outcome: wire.outcome,
    ...(wire.status === undefined ? {} : { status: wire.status }),
  }
  return receipt as unknown as Receipt
}
