import { createHmac } from 'node:crypto'
import { soundHeader, soundPayload, type VectorCase, vector, withHeader } from '../case.ts'
import { compact, encode, KEYS } from '../material.ts'

const { kid } = KEYS.token
const typ = 'writ-call+jwt'
const sound = { alg: 'EdDSA', typ, kid }
const { publicKey } = KEYS.token.verification
const strangerJwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: encode(KEYS.stranger.verification.publicKey),
}

/** Headers that are not exactly alg, typ, kid with the key's own algorithm and the kind's type. */
export function headerCases(): readonly VectorCase[] {
  const malformed: readonly [string, object | string | Uint8Array][] = [
    ['crit', { ...sound, crit: ['exp'] }],
    ['crit and b64', { ...sound, crit: ['b64'], b64: false }],
    ['b64', { ...sound, b64: true }],
    ['zip', { ...sound, zip: 'DEF' }],
    ['enc', { ...sound, enc: 'A256GCM' }],
    ['cty', { ...sound, cty: 'JWT' }],
    ['jwk', { ...sound, jwk: strangerJwk }],
    ['jku', { ...sound, jku: 'https://evil.example/jwks.json' }],
    ['x5c', { ...sound, x5c: ['MIIB'] }],
    ['x5u', { ...sound, x5u: 'https://evil.example/chain.pem' }],
    ['x5t', { ...sound, x5t: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['x5t#S256', { ...sound, 'x5t#S256': kid }],
    ['a member of no meaning', { ...sound, foo: 'bar' }],
    ['a claim', { ...sound, iss: 'https://writ.example' }],
    ['__proto__', `{"alg":"EdDSA","typ":"${typ}","kid":"${kid}","__proto__":{}}`],
    ['no alg', { typ, kid }],
    ['no typ', { alg: 'EdDSA', kid }],
    ['no kid', { alg: 'EdDSA', typ }],
    ['no member', {}],
    ['another order', { typ, alg: 'EdDSA', kid }],
    ['alg twice', `{"alg":"none","alg":"EdDSA","typ":"${typ}","kid":"${kid}"}`],
    ['kid twice', `{"alg":"EdDSA","typ":"${typ}","kid":"${kid}","kid":"${kid}"}`],
    ['an escaped member twice', `{"alg":"EdDSA","typ":"${typ}","kid":"${kid}","\\u006bid":"x"}`],
    ['alg as a list', { ...sound, alg: ['EdDSA'] }],
    ['alg null', { ...sound, alg: null }],
    ['alg a number', { ...sound, alg: 8 }],
    ['typ null', { ...sound, typ: null }],
    ['kid a number', { ...sound, kid: 1 }],
    ['kid an object', { ...sound, kid: {} }],
    ['kid a list of itself', { ...sound, kid: [kid] }],
    ['kid null', { ...sound, kid: null }],
    ['an empty kid', { ...sound, kid: '' }],
    ['a padded kid', { ...sound, kid: `${kid}=` }],
    ['a kid that is a path', { ...sound, kid: '../../../../dev/null' }],
    ['a kid that is SQL', { ...sound, kid: "x' UNION SELECT 'key" }],
    ['a kid that is an address', { ...sound, kid: 'https://evil.example/key' }],
    ['a kid with bits beyond its last byte', { ...sound, kid: `${'A'.repeat(42)}B` }],
    ['a space', `{"alg":"EdDSA", "typ":"${typ}","kid":"${kid}"}`],
    ['a final newline', `${soundHeader()}\n`],
    ['a byte order mark', `\ufeff${soundHeader()}`],
    ['UTF-16', Buffer.from(soundHeader(), 'utf16le')],
    ['a byte that is not UTF-8', Buffer.from([...Buffer.from(soundHeader()), 0xff])],
    ['a list', [sound]],
    ['a text', '"EdDSA"'],
    ['null', 'null'],
    ['not JSON', 'alg=EdDSA'],
  ]
  return [
    ...malformed.map(([name, header]) =>
      vector(`header: ${name}`, withHeader(header), 'malformed', { pointer: '/header' }),
    ),
    ...typeCases(),
    ...algorithmCases(),
    ...keyCases(),
  ]
}

function typeCases(): readonly VectorCase[] {
  const types = [
    'JWT',
    'jwt',
    'at+jwt',
    'dpop+jwt',
    'WRIT-CALL+JWT',
    'Writ-Call+jwt',
    'application/writ-call+jwt',
    ' writ-call+jwt',
    'writ-call+jwt ',
    'writ-call+jwt\u0000',
    'writ-call',
    'writ-delegation+jwt',
    'writ-receipt+jwt',
    'writ-checkpoint+jwt',
    '',
  ]
  return [
    ...types.map((other) =>
      vector(
        `type: ${JSON.stringify(other)} is no call token`,
        withHeader({ ...sound, typ: other }),
        'token_kind',
      ),
    ),
    vector('type: a call token is no delegation token', withHeader(sound), 'token_kind', {
      kind: 'delegation',
    }),
  ]
}

function algorithmCases(): readonly VectorCase[] {
  const algorithms = [
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    'eddsa',
    'EDDSA',
    'Ed25519',
    'ed25519',
    'Ed448',
    'HS256',
    'RS256',
    'PS256',
    'ES256',
    'ES256K',
    'EdDSA ',
    'dir',
  ]
  const byName = { alg: 'EdDSA', typ, kid: KEYS.named.kid }
  const hmac = `${encode(JSON.stringify({ ...sound, alg: 'HS256' }))}.${encode(soundPayload())}`
  const mac = createHmac('sha256', publicKey).update(hmac).digest()
  const mac512 = createHmac('sha512', publicKey).update(hmac).digest()
  return [
    ...algorithms.map((alg) =>
      vector(
        `algorithm: ${JSON.stringify(alg)} for a key of EdDSA`,
        withHeader({ ...sound, alg }),
        'signature_invalid',
      ),
    ),
    vector(
      'algorithm: "EdDSA" for a key of Ed25519',
      withHeader(byName, KEYS.named as never),
      'signature_invalid',
    ),
    vector(
      'algorithm: none, without a signature',
      `${encode(JSON.stringify({ ...sound, alg: 'none' }))}.${encode(soundPayload())}.`,
      'malformed',
    ),
    vector(
      'algorithm: HMAC-SHA-256 keyed with the public key',
      `${hmac}.${encode(mac)}`,
      'malformed',
    ),
    vector(
      'algorithm: HMAC-SHA-512 keyed with the public key',
      `${hmac}.${encode(mac512)}`,
      'signature_invalid',
    ),
  ]
}

function keyCases(): readonly VectorCase[] {
  const { stranger, receipt, checkpoint, named } = KEYS
  const signedBy = (key: typeof stranger, header: object): string =>
    compact(JSON.stringify(header), soundPayload(), key)
  return [
    vector(
      'key: one that was never published',
      signedBy(stranger, { ...sound, kid: stranger.kid }),
      'signature_invalid',
    ),
    vector('key: another than kid names', signedBy(stranger, sound), 'signature_invalid'),
    vector(
      'key: another of the same set than kid names',
      signedBy(named, sound),
      'signature_invalid',
    ),
    vector(
      'key: one for receipts',
      signedBy(receipt, { ...sound, kid: receipt.kid }),
      'signature_invalid',
    ),
    vector(
      'key: one for checkpoints',
      signedBy(checkpoint, { ...sound, kid: checkpoint.kid }),
      'signature_invalid',
    ),
  ]
}
