import { describe, expect, it } from 'vitest'
import { AAT_DEPTH_MAX, LEASE_DEPTH_MAX } from '../../src/domain/limits.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { verifyAatChain } from '../../src/token/aat-chain.ts'
import { readAatKey } from '../../src/token/aat-key.ts'
import {
  ANCHORS,
  ANNA,
  BERT,
  type Built,
  CARL,
  type Call,
  derive,
  ISSUER,
  ISSUER_URI,
  keyOf,
  type LinkOrder,
  prove,
  root,
  signed,
  signerOf,
  signerWith,
  THIEF,
  VECTOR_NOW,
} from '../support/aat.ts'
import { verdictOf } from '../support/aat-verdict.ts'
import { freshP256 } from '../support/fresh-keys.ts'

const READ: Call = { tool: 'read_file', args: { path: '/x' } }
const WILD = { constraint_type: 'wildcard' }
const HEADER = { alg: 'Ed25519', typ: 'aat+jwt' }
const shown = (built: Built) => verdictOf(built.chain, prove(built, READ), READ)
const chained = (...chain: (string | undefined)[]) => chain.map((token) => token ?? '')
/** The chain with the payload of its root written by hand. */
const rewritten = (change: (payload: string) => string, order: LinkOrder = {}) => {
  const built = root(order)
  const token = signed(ISSUER, HEADER, change(JSON.stringify(built.claims)))
  return shown({ ...built, chain: [token] })
}

describe('chains put together wrongly', () => {
  const one = derive(root({ tools: { read_file: {}, search: {} } }))
  const other = derive(root({ tools: { read_file: {} } }))
  const long = derive(one, { to: CARL })

  it('a link under another root of the same holder is refused: it names its parent', async () => {
    const spliced = { ...other, chain: chained(one.chain[0], other.chain[1]) }
    expect(await shown(spliced)).toBe('4q')
  })

  it('a wide link under a narrow root is refused before its parent is compared', async () => {
    const wide = derive(root(), { tools: { read_file: {}, search: {} } })
    expect(await shown({ ...wide, chain: chained(other.chain[0], wide.chain[1]) })).toBe('4p1')
  })

  it.each([
    ['reversed', [2, 1, 0], '3b'],
    ['with the middle left out', [0, 2], '4b'],
    ['with the root left out', [1, 2], '3b'],
    ['with two links swapped', [0, 2, 1], '4b'],
    ['with a link twice', [0, 1, 1, 2], '4b'],
  ])('a chain %s is refused', async (_name, order, step) => {
    const chain = chained(...order.map((at) => long.chain[at]))
    expect(await shown({ ...long, chain })).toBe(step)
  })

  it('a link that one key holds and derives again keeps its place by its parent', async () => {
    const same = derive(derive(root(), { to: ANNA }), { to: ANNA })
    expect(await shown(same)).toBe('permit')
    const skipped = { ...same, chain: chained(same.chain[0], same.chain[2]) }
    expect(await shown(skipped)).toBe('4d')
  })

  it('a link in the middle that has ended ends all below it', async () => {
    const middle = derive(root(), { claims: { exp: VECTOR_NOW } })
    expect(await shown(middle)).toBe('4i')
    expect(await shown(derive(middle, { to: CARL, claims: { exp: VECTOR_NOW + 1 } }))).toBe('4i')
  })

  it('no link at all is refused', async () => {
    expect(await verdictOf([], 'a.b.c', READ)).toBe('1')
  })
})

describe('algorithms, keys and spellings', () => {
  const { privateKey } = freshP256()
  const curved = signerWith(privateKey, 'ES256')

  it('a holder on P-256 signs with ES256, and with nothing else', async () => {
    const from = root({ to: curved })
    expect(await shown(from)).toBe('permit')
    expect(await shown(derive(from))).toBe('permit')
    expect(await shown(derive(from, { header: { alg: 'Ed25519' } }))).toBe('4a')
    expect(await shown(derive(root(), { header: { alg: 'ES256' } }))).toBe('4a')
  })

  it.each(['none', 'HS256', 'EdDSA', 'ed25519', 'ES384', 'Ed448', ''])(
    'alg %j is not on the list, in the root, in a link and in a proof',
    async (alg) => {
      const from = root()
      expect(await shown(root({ header: { alg } }))).toBe('3a')
      expect(await shown(derive(from, { header: { alg } }))).toBe('4a')
      expect(await verdictOf(from.chain, prove(from, READ, { header: { alg } }), READ)).toBe('7a')
    },
  )

  it('a key of small order holds nothing: one signature would prove every call', async () => {
    const zero = Buffer.alloc(32)
    zero[0] = 1
    const x = zero.toString('base64url')
    const jwk = { kty: 'OKP', crv: 'Ed25519', x }
    expect(readAatKey(jwk)).toBeUndefined()
    expect(await shown(root({ claims: { cnf: { jwk } } }))).toBe('3l')
  })

  it.each([
    ['with a private part', { d: ANNA.jwk['x'] }],
    ['with a part of RSA', { p: 'AQ' }],
    ['for encryption', { use: 'enc' }],
    ['for the old name', { alg: 'EdDSA' }],
    ['of a symmetric kind', { kty: 'oct', k: 'AAAA' }],
    ['on another curve', { crv: 'X25519' }],
    ['spelled with padding', { x: `${ANNA.jwk['x']}=` }],
  ])('a holder key %s is none', (_name, change) => {
    expect(readAatKey({ ...ANNA.jwk, ...change })).toBeUndefined()
  })

  it('a point beside the curve is no key', () => {
    const { x } = curved.jwk
    expect(readAatKey({ ...curved.jwk, y: x })).toBeUndefined()
    expect(readAatKey(curved.jwk)?.thumbprint).toBe(curved.thumbprint)
  })

  it('keys and addresses in a header change nothing', async () => {
    const header = { jwk: THIEF.jwk, kid: 'any', jku: 'https://x.example', x5c: ['AA=='] }
    expect(await shown(root({ header }))).toBe('permit')
    expect(await shown(root({ header, by: THIEF }))).toBe('3b')
  })

  it('another spelling of the same bytes is not the token', async () => {
    const built = root()
    const [token = ''] = built.chain
    const [header, payload, signature] = token.split('.')
    for (const text of [
      `${token}=`,
      `${header}.${payload}.${signature}\n`,
      ` ${token}`,
      `${token}.`,
      `${header}=.${payload}.${signature}`,
    ]) {
      expect(await shown({ ...built, chain: [text] })).toBe('3a')
    }
  })

  it('a character that shrinks to another byte is not that byte', async () => {
    const built = root()
    const [token = ''] = built.chain
    const [header = '', payload = '', signature] = token.split('.')
    const shifted = String.fromCharCode(payload.charCodeAt(0) + 0x100) + payload.slice(1)
    expect(await shown({ ...built, chain: [`${header}.${shifted}.${signature}`] })).toBe('3a')
  })

  it('an issuer is who its key belongs to, not who it says it is', async () => {
    const second = signerOf(0x31)
    const anchors = [...ANCHORS, { issuer: 'https://other.example', key: keyOf(second) }]
    const now = epochSeconds(VECTOR_NOW)
    const claimed = root({ by: second })
    const outcome = await verifyAatChain(claimed.chain, { anchors, now })
    expect(outcome.ok ? 'permit' : outcome.refusal.code).toBe('issuer_mismatch')
    expect(ISSUER_URI).toBe(claimed.claims['iss'])
  })
})

describe('claims that readers disagree about', () => {
  const TIMES = /"exp":(\d+)/

  it('duplicate members are refused, at the top and in a constraint', async () => {
    const twice = (payload: string) => payload.replace('"del_depth":0', '"del_depth":0,$&')
    expect(await rewritten(twice)).toBe('3b')
    const inner = (payload: string) => payload.replace('"a":', '"a":{"constraint_type":"x"},$&')
    expect(await rewritten(inner, { tools: { read_file: { a: WILD } } })).toBe('3b')
  })

  it('in a link below the root too', async () => {
    const from = root()
    const child = derive(from)
    const payload = JSON.stringify(child.claims).replace('"del_depth":1', '"del_depth":0,$&')
    const token = signed(ANNA, HEADER, payload)
    expect(await shown({ ...child, chain: [...from.chain, token] })).toBe('4b')
  })

  it.each([
    ['a fraction', '"exp":$1.0', '3b'],
    ['an exponent', '"exp":$1e0', '3b'],
    ['a text', '"exp":"$1"', '3b'],
    ['a list', '"exp":[$1]', '3b'],
    ['infinity', '"exp":1e400', '3b'],
  ])('a time written with %s is no time', async (_name, written, step) => {
    expect(await rewritten((payload) => payload.replace(TIMES, written))).toBe(step)
  })

  it.each(['-0', '0.0', '0e0', 'null', '"0"', 'false'])('depth %s is not 0', async (depth) => {
    const changed = (payload: string) => payload.replace('"del_depth":0', `"del_depth":${depth}`)
    expect(await rewritten(changed)).toBe('3c')
  })

  it('a member of the entry nobody defined might be a restriction, so it is refused', async () => {
    const [entry] = root().claims['authorization_details'] as object[]
    const claims = { authorization_details: [{ ...entry, locations: ['https://x.example'] }] }
    expect(await shown(root({ claims }))).toBe('3m')
  })

  it('a tool called like a prototype is a tool of that name and no other', async () => {
    const tools = JSON.parse('{"__proto__":{"a":{"constraint_type":"wildcard"}}}')
    const built = root({ tools })
    expect(await shown(built)).toBe('6b')
    const call = { tool: '__proto__', args: { a: 1 } }
    expect(await verdictOf(built.chain, prove(built, call), call)).toBe('permit')
    const none = { tool: 'constructor', args: {} }
    expect(await verdictOf(built.chain, prove(built, none), none)).toBe('6b')
  })
})

describe('depth tricks', () => {
  it.each([
    ['a root that starts deeper', () => root({ claims: { del_depth: 1, del_max_depth: 2 } }), '3c'],
    ['a negative ceiling', () => root({ claims: { del_max_depth: -1 } }), '3i'],
    ['a ceiling above every chain', () => root({ claims: { del_max_depth: 17 } }), '3i'],
    ['a child as deep as its parent', () => derive(root(), { claims: { del_depth: 0 } }), '4d'],
    ['a child deeper than it allows', () => derive(root(), { claims: { del_max_depth: 0 } }), '4m'],
  ])('%s is refused', async (_name, build, step) => {
    expect(await shown(build())).toBe(step)
  })

  it('the deepest chain there may be is taken, and one link more is not', async () => {
    let built = root({ claims: { del_max_depth: AAT_DEPTH_MAX } })
    for (let depth = 1; depth <= AAT_DEPTH_MAX; depth += 1) {
      built = derive(built, { to: depth % 2 === 0 ? ANNA : BERT })
    }
    expect(await shown(built)).toBe('permit')
    expect(await shown(derive(built, { to: CARL }))).toBe('2b')
    expect([AAT_DEPTH_MAX, AAT_DEPTH_MAX >= 8]).toEqual([LEASE_DEPTH_MAX, true])
  })
})
