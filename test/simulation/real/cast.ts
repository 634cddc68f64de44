import type { AgentUri } from '../../../src/domain/ids.ts'
import { TRUST_DOMAIN } from '../../support/pki.ts'

/** Agents of every run, and who owns them. */
export const AGENTS: Readonly<Record<string, string>> = {
  ann: 'alice',
  ben: 'alice',
  cho: 'alice',
  dan: 'bob',
}
/** The enforcement point without a store. */
export const GATE = 'gate'
/** Somebody nobody enrolled. */
export const GHOST = 'ghost'
/** Whoever a delegation may be asked for. */
export const NAMES: readonly string[] = [...Object.keys(AGENTS), GATE, GHOST]

/** The URI in the certificate of one of the cast. */
export function uriOf(name: string): AgentUri {
  const path = name === GATE ? 'gateway' : 'agent'
  return `spiffe://${TRUST_DOMAIN}/${path}/${name}` as AgentUri
}
