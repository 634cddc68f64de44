import { chmodSync, existsSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { epochSeconds } from '../../src/domain/time.ts'
import type { CertificateAuthority } from '../../src/pki/ca.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'
import {
  type Identity,
  type IdentityFiles,
  openIdentity,
  readIdentity,
  replaceIdentity,
} from '../../src/pki/identity-files.ts'
import { agentUri, freshFolder, STARTED, testAuthority } from '../support/pki.ts'

const URI = agentUri('edge', 'gateway')
const NAMES = ['gateway.example', '127.0.0.1', '::1']

let ca: CertificateAuthority
let files: IdentityFiles

async function issued(): Promise<Identity> {
  const { csrPem, privateKeyPem } = await createAgentRequest(URI)
  const made = await ca.issueAgent({ csrPem, uri: URI, serverNames: NAMES, now: STARTED })
  if (!made.ok) throw new Error(made.refusal.code)
  return readIdentity(made.value.pem, privateKeyPem)
}

beforeEach(async () => {
  ca = await testAuthority()
  const folder = freshFolder()
  files = { certificate: join(folder, 'agent.crt'), privateKey: join(folder, 'agent.key') }
})

describe('the identity of a process', () => {
  it('is its one URI and the names it serves under', async () => {
    const identity = await issued()
    expect([identity.uri, identity.serverNames]).toEqual([URI, NAMES])
    expect(identity.notBefore).toBeLessThan(STARTED)
    expect(identity.notAfter).toBeGreaterThan(STARTED)
  })

  it('is kept in files for nobody else, and found there', async () => {
    const identity = await issued()
    await replaceIdentity(files, identity)
    expect(openIdentity(files)).toEqual(identity)
    expect(statSync(files.privateKey).mode & 0o777).toBe(0o600)
    const next = await issued()
    await replaceIdentity(files, next)
    expect(openIdentity(files)).toEqual(next)
    expect(existsSync(`${files.privateKey}.next`)).toBe(false)
  })

  it('is one pair after a crash between any two steps of a renewal', async () => {
    const [old, next] = [await issued(), await issued()]
    await replaceIdentity(files, old)
    writeFileSync(`${files.privateKey}.next`, next.privateKeyPem, { mode: 0o600 })
    expect(openIdentity(files), 'the key was written, the certificate was not').toEqual(old)
    writeFileSync(files.certificate, next.certificatePem)
    expect(openIdentity(files), 'the certificate was written too').toEqual(next)
    const third = await issued()
    await replaceIdentity(files, third)
    expect(openIdentity(files), 'and the next renewal goes on from there').toEqual(third)
  })

  it('is one pair at every moment while many processes renew it', async () => {
    const renewed = await Promise.all(Array.from({ length: 8 }, issued))
    await Promise.all(renewed.map((next) => replaceIdentity(files, next)))
    const kept = openIdentity(files)
    expect(renewed).toContainEqual(kept)
    const { notAfter } = kept
    await replaceIdentity(files, { ...(await issued()), notAfter: epochSeconds(notAfter - 1) })
    expect(openIdentity(files), 'the one that ends last stays').toEqual(kept)
  })

  it('is refused when others can read the key, or something is missing or strange', async () => {
    const identity = await issued()
    expect(() => openIdentity(files)).toThrow(/There is no certificate in/)
    await replaceIdentity(files, identity)
    chmodSync(files.privateKey, 0o644)
    expect(() => openIdentity(files)).toThrow(/open to other users/)
    chmodSync(files.privateKey, 0o600)
    writeFileSync(files.certificate, (await issued()).certificatePem)
    expect(() => openIdentity(files)).toThrow('The private key is not that of the certificate.')
    writeFileSync(files.certificate, ca.rootPem)
    expect(() => openIdentity(files)).toThrow(/no certificate for a process/)
    writeFileSync(files.certificate, identity.certificatePem)
    renameSync(files.privateKey, `${files.privateKey}.gone`)
    expect(() => openIdentity(files)).toThrow(/There is no file/)
  })
})
