import { changed, soundPayload, soundToken, type VectorCase, vector, withPayload } from '../case.ts'
import { AUDIENCE, encode, ISSUER, KEYS, NOW } from '../material.ts'

/** Sound in form, but not genuine, not from here, not for here, or not now. */
export function verificationCases(): readonly VectorCase[] {
  return [...signatureCases(), ...partyCases(), ...timeCases(), ...precedenceCases()]
}

function signatureCases(): readonly VectorCase[] {
  const token = soundToken()
  const [header = '', payload = '', signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const resigned = (change: (copy: Buffer) => void): string => {
    const copy = Buffer.from(bytes)
    change(copy)
    return `${header}.${payload}.${encode(copy)}`
  }
  const longer = soundPayload().replace(`"exp":${NOW + 60}`, `"exp":${NOW + 300}`)
  const rows: readonly [string, string][] = [
    ['of another payload', `${header}.${encode(longer)}.${signature}`],
    ['of another token', `${header}.${payload}.${soundToken('delegation').split('.')[2]}`],
    ['with a bit of R changed', resigned((copy) => copy.writeUInt8(copy.readUInt8(0) ^ 1, 0))],
    ['with a bit of S changed', resigned((copy) => copy.writeUInt8(copy.readUInt8(32) ^ 1, 32))],
    ['with the group order added to S', resigned(addOrder)],
    [
      'with halves exchanged',
      resigned((copy) => copy.set([...bytes.subarray(32), ...bytes.subarray(0, 32)])),
    ],
    ['of nothing but zeros', resigned((copy) => copy.fill(0))],
    ['of nothing but ones', resigned((copy) => copy.fill(0xff))],
    ['of the identity and zero', resigned((copy) => copy.fill(0).writeUInt8(1, 0))],
    ['whose R is the public key', resigned((copy) => copy.set(KEYS.token.verification.publicKey))],
  ]
  return rows.map(([name, text]) => vector(`signature: ${name}`, text, 'signature_invalid'))
}

/** S + L verifies in careless implementations (RFC 8032 §5.1.7 refuses it). */
function addOrder(signature: Buffer): void {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  let s = order
  for (let index = 0; index < 32; index += 1) {
    s += BigInt(signature.readUInt8(32 + index)) << BigInt(8 * index)
  }
  for (let index = 0; index < 32; index += 1) {
    signature.writeUInt8(Number((s >> BigInt(8 * index)) & 255n), 32 + index)
  }
}

function partyCases(): readonly VectorCase[] {
  const issuers = [
    `${ISSUER}/`,
    'https://WRIT.example',
    'http://writ.example',
    'https://writ.example.evil.example',
    'https://writ.exampl',
    `${ISSUER} `,
  ]
  const audiences = [
    `${AUDIENCE}/`,
    `${AUDIENCE}/repos`,
    AUDIENCE.slice(0, -1),
    'https://gateway.example/github',
    'HTTPS://gateway.example:9443/github',
    ISSUER,
    '*',
  ]
  return [
    ...issuers.map((iss) =>
      vector(`issuer: ${JSON.stringify(iss)}`, withPayload(changed({ iss })), 'issuer_mismatch'),
    ),
    ...audiences.map((aud) =>
      vector(
        `audience: ${JSON.stringify(aud)}`,
        withPayload(changed({ aud })),
        'audience_mismatch',
      ),
    ),
    vector(
      'audience: a delegation token at a gateway',
      soundToken('delegation'),
      'audience_mismatch',
      {
        kind: 'delegation',
        audience: AUDIENCE,
      },
    ),
  ]
}

function timeCases(): readonly VectorCase[] {
  const token = soundToken()
  const later = withPayload(changed({ nbf: NOW + 31 }))
  return [
    vector('time: at its exp', token, 'expired', { now: NOW + 60 }),
    vector('time: within the skew after its exp', token, 'expired', { now: NOW + 61 }),
    vector('time: a year later', token, 'expired', { now: NOW + 31_536_000 }),
    vector('time: issued 31 seconds from now', token, 'not_yet_valid', { now: NOW - 31 }),
    vector('time: issued tomorrow', token, 'not_yet_valid', { now: NOW - 86_400 }),
    vector('time: valid 31 seconds from now', later, 'not_yet_valid'),
  ]
}

/** Several things wrong at once: the earliest in the refusal table is told. */
function precedenceCases(): readonly VectorCase[] {
  const everything = { iss: 'https://evil.example', aud: ISSUER, del_max_depth: 0 }
  const expired = { now: NOW + 60 }
  const early = { now: NOW - 31 }
  const forged = (token: string): string => `${token.slice(0, -86)}${'A'.repeat(86)}`
  return [
    vector(
      'precedence: malformed before signature_invalid',
      forged(withPayload(changed({ ...everything, sub: 1 }))),
      'malformed',
      { ...expired, pointer: '/sub' },
    ),
    vector(
      'precedence: signature_invalid before the rest',
      forged(withPayload(changed(everything))),
      'signature_invalid',
      expired,
    ),
    vector(
      'precedence: issuer_mismatch before the rest',
      withPayload(changed(everything)),
      'issuer_mismatch',
      expired,
    ),
    vector(
      'precedence: audience_mismatch before the rest',
      withPayload(changed({ ...everything, iss: ISSUER })),
      'audience_mismatch',
      expired,
    ),
    vector(
      'precedence: not_yet_valid before depth_invalid',
      withPayload(changed({ del_max_depth: 0 })),
      'not_yet_valid',
      early,
    ),
    vector(
      'precedence: expired before depth_invalid',
      withPayload(changed({ del_max_depth: 0 })),
      'expired',
      expired,
    ),
  ]
}
