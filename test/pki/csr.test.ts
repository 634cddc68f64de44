import { webcrypto } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createAgentRequest, readAgentRequest } from '../../src/pki/csr.ts'
import {
  ChallengePasswordAttribute,
  generateKeyPair,
  type KeyPair,
  P256,
  PemConverter,
  Pkcs10CertificateRequestGenerator,
} from '../../src/pki/x509.ts'
import { agentUri } from '../support/pki.ts'

async function requestOf(keys: KeyPair, signingAlgorithm: EcdsaLike): Promise<string> {
  const made = await Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: signingAlgorithm as typeof P256,
    attributes: [new ChallengePasswordAttribute('ignored')],
  })
  return made.toString('pem')
}
type EcdsaLike = { readonly name: string; readonly hash?: string; readonly namedCurve?: string }

const generate = (algorithm: Parameters<typeof webcrypto.subtle.generateKey>[0]) =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<KeyPair>

const reasonOf = async (csr: string) => {
  const read = await readAgentRequest(csr)
  if (read.ok) return 'accepted'
  return `${read.refusal.code}: ${read.refusal.reasons[0]?.detail ?? ''}`
}

describe('a certificate request proves possession of a P-256 key, and nothing else', () => {
  it('takes the request of an agent', async () => {
    const { csrPem } = await createAgentRequest(agentUri('worker'))
    expect(await reasonOf(csrPem)).toBe('accepted')
  })

  it('refuses a request signed by another key', async () => {
    const [mine, theirs] = await Promise.all([generateKeyPair(), generateKeyPair()])
    const keys = { publicKey: theirs.publicKey, privateKey: mine.privateKey }
    expect(await reasonOf(await requestOf(keys, P256))).toBe(
      'malformed: The request is not signed by the key it names.',
    )
  })

  it('refuses a request changed after it was signed', async () => {
    const { csrPem } = await createAgentRequest(agentUri('worker'))
    const der = new Uint8Array(PemConverter.decodeFirst(csrPem))
    const at = Buffer.from(der).indexOf('worker')
    der[at] = 'x'.charCodeAt(0)
    const changed = PemConverter.encode(der.buffer, 'CERTIFICATE REQUEST')
    expect(await reasonOf(changed)).toBe(
      'malformed: The request is not signed by the key it names.',
    )
  })

  const sentence = (kind: string) =>
    `malformed: The key of a TLS certificate has to be ECDSA P-256; this one is ${kind}.`

  it('refuses an Ed25519 key with a plain sentence', async () => {
    const keys = await generate({ name: 'Ed25519' })
    expect(await reasonOf(await requestOf(keys, { name: 'Ed25519' }))).toBe(sentence('Ed25519'))
  })

  it('refuses other curves and RSA', async () => {
    const p384 = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' }
    expect(await reasonOf(await requestOf(await generate(p384), p384))).toBe(sentence('P-384'))
    const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    const keys = await generate({
      ...rsa,
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    } as Parameters<typeof webcrypto.subtle.generateKey>[0])
    expect(await reasonOf(await requestOf(keys, rsa))).toBe(sentence('RSASSA-PKCS1-v1_5'))
  })

  it('refuses a request signed over SHA-1', async () => {
    const keys = await generateKeyPair()
    expect(await reasonOf(await requestOf(keys, { ...P256, hash: 'SHA-1' }))).toBe(
      'malformed: Sign the certificate request with ECDSA and SHA-256.',
    )
  })

  it('refuses whatever is not one PEM block of a request', async () => {
    const { csrPem, privateKeyPem } = await createAgentRequest(agentUri('worker'))
    const one = 'malformed: Send one PEM block of a PKCS #10 certificate request.'
    expect(await reasonOf('')).toBe(one)
    expect(await reasonOf('hello')).toBe(one)
    expect(await reasonOf(csrPem + csrPem)).toBe(one)
    expect(await reasonOf(privateKeyPem)).toBe(one)
    expect(await reasonOf(csrPem.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'))).toBe(one)
    expect(await reasonOf(`${csrPem.slice(0, 80)}\n-----END CERTIFICATE REQUEST-----`)).toBe(one)
  })

  it('refuses a request that is too long unread', async () => {
    expect(await reasonOf('x'.repeat(8193))).toBe('too_large: ')
  })
})
