import { describe, expect, it } from 'vitest'
import {
  ANNA,
  BERT,
  type Call,
  derive,
  prove,
  root,
  THIEF,
  TOOLS_URI,
  VECTOR_NOW,
} from '../support/aat.ts'
import { verdictOf } from '../support/aat-verdict.ts'

const READ: Call = { tool: 'read_file', args: { path: '/data/q3.pdf' } }
const WILD = { constraint_type: 'wildcard' }

describe('proofs, by the classes of the public vectors', () => {
  const from = derive(root({ tools: { read_file: { path: WILD } } }), {})
  const proven = (order: Parameters<typeof prove>[2], demands = {}) =>
    verdictOf(from.chain, prove(from, READ, order), READ, {
      chainAudience: false,
      proofAudience: false,
      ...demands,
    })
  const said = (claims: Record<string, unknown>, demands = {}) => proven({ claims }, demands)
  const named = (aud: unknown, demands = {}) => {
    const built = derive(root({ claims: { aud } }))
    return verdictOf(built.chain, prove(built, READ), READ, {
      chainAudience: false,
      proofAudience: false,
      ...demands,
    })
  }

  const CASES: readonly (readonly [string, string, () => Promise<string>])[] = [
    ['J.6.1', '7d', () => said({ aat_aud: undefined }, { proofAudience: true })],
    ['J.6.2', '7d', () => said({ aat_aud: 'https://other.example' }, { proofAudience: true })],
    ['J.6.3', 'permit', () => said({ aat_aud: undefined })],
    ['J.6.4', '7d', () => said({ aat_aud: 'https://other.example' })],
    ['J.6.6 a nonce nobody asked for', 'permit', () => said({ nonce: 'n' })],
    ['J.6.8', 'permit', () => named(TOOLS_URI)],
    ['J.6.8 as a list', 'permit', () => named(['https://other.example', TOOLS_URI])],
    ['J.6.9', '6c', () => named('https://other.example')],
    ['an audience with one slash more', '6c', () => named(`${TOOLS_URI}/`)],
    ['J.6.10', '6c', () => said({}, { chainAudience: true })],
    ['J.7.1', '7a', () => proven({ header: { typ: undefined } })],
    ['J.7.2', '7a', () => verdictOf(from.chain, from.chain[0] ?? '', READ)],
    ['EdDSA', '7a', () => proven({ header: { alg: 'EdDSA' } })],
    ['crit', '7a', () => proven({ header: { crit: ['b64'], b64: true } })],
    ['J.20.1', '7b', () => proven({ by: THIEF })],
    ['by the holder of the parent', '7b', () => proven({ by: ANNA })],
    ['J.20.2', '7c', () => said({ aat_id: 'another' })],
    ['J.20.3', '6b', () => verdictOf(from.chain, prove(from, READ), { ...READ, args: { p: 1 } })],
    ['J.20.4', '7g', () => said({ iat: VECTOR_NOW - 31 })],
    ['the same ahead', '7g', () => said({ iat: VECTOR_NOW + 31 })],
    ['at the edge', 'permit', () => said({ iat: VECTOR_NOW - 30 })],
    ['J.20.5', '7f', () => said({ hta: { path: '/data/q4.pdf' } })],
    ['J.20.6', '7e', () => said({ aat_tool: 'search' })],
    [
      'J.20.7 a sibling leaf with the same id',
      '7c',
      () => {
        const parent = root()
        const claims = { jti: 'one-id' }
        const wide = derive(parent, { claims })
        const narrow = derive(parent, { claims, tools: { read_file: { path: WILD } } })
        return verdictOf(wide.chain, prove(narrow, READ), READ)
      },
    ],
    ['J.20.8', '7c', () => said({ hta: undefined })],
    ['without an id', '7c', () => said({ jti: undefined })],
    ['without the digest of the leaf', '7c', () => said({ aat_hash: undefined })],
  ]

  it.each(CASES)('%s: %s', async (_name, expected, verdict) => {
    expect(await verdict()).toBe(expected)
  })

  it('the holder named last is the one who has to sign', () => {
    expect(from.holder).toBe(BERT)
  })
})
