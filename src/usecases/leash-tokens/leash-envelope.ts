import { canonicalJson } from '../../domain/json.ts'
import type { Json, ToolRequestToJudge } from '../../domain/scope/types.ts'

/** Proof that the holder of a leash makes one request now (LEASHX-03). */
export interface LeashEnvelope {
  readonly leash: string
  readonly request: { readonly action: string; readonly args: ToolRequestToJudge['arguments'] }
  /** 16 bytes, base64url. */
  readonly nonce: string
  /** Epoch seconds. */
  readonly timestamp: number
  readonly agent_sig: string
}

type Members = Readonly<Record<string, Json>>

const MEMBERS = 'agent_sig,leash,nonce,request,timestamp'
const NONCE = /^[A-Za-z0-9_-]{21}[AQgw]$/

/** An envelope with exactly its members, or undefined. */
export function readEnvelope(value: Json): LeashEnvelope | undefined {
  if (!isObject(value) || Object.keys(value).toSorted().join() !== MEMBERS) return undefined
  const { leash, request, nonce, timestamp, agent_sig: sig } = value
  if (typeof leash !== 'string' || typeof sig !== 'string') return undefined
  if (typeof nonce !== 'string' || !NONCE.test(nonce)) return undefined
  if (typeof timestamp !== 'number' || !Number.isSafeInteger(timestamp)) return undefined
  if (!isObject(request) || Object.keys(request).toSorted().join() !== 'action,args') {
    return undefined
  }
  const { action, args } = request
  if (typeof action !== 'string' || !isObject(args)) return undefined
  return { leash, request: { action, args }, nonce, timestamp, agent_sig: sig }
}

/** What the holder signs: members sorted, no white space (RFC 8785), without the signature. */
export function envelopeText({ leash, request, nonce, timestamp }: LeashEnvelope): string {
  const { action, args } = request
  return canonicalJson({ leash, request: { action, args }, nonce, timestamp })
}

function isObject(value: Json | undefined): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
