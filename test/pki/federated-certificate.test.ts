import { expect, it } from 'vitest'
import type { AgentUri } from '../../src/domain/ids.ts'
import { readFederatedCertificate } from '../../src/pki/federated-certificate.ts'
import { trustBundles } from '../../src/pki/trust.ts'
import { ExtendedKeyUsage, ExtendedKeyUsageExtension } from '../../src/pki/x509.ts'
import { handAuthority, STARTED } from '../support/pki.ts'

const uri = 'spiffe://partner.example/ns/x' as AgentUri

it.each([
  ['clients', [ExtendedKeyUsage.clientAuth], true],
  ['clients and servers', [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth], true],
  ['servers alone', [ExtendedKeyUsage.serverAuth], false],
])('a certificate for %s: whether its agent is let in', async (_, usages, isLetIn) => {
  const partner = await handAuthority('CN=partner')
  const { cert } = await partner.issue({
    names: [{ type: 'url', value: uri }],
    extensions: [new ExtendedKeyUsageExtension(usages)],
  })
  const bundles = trustBundles(new Map([['partner.example', partner.pem]]))
  const read = readFederatedCertificate(cert, { uri, bundles, now: STARTED })
  expect(read.ok ? true : read.refusal.reasons[0]?.detail).toBe(isLetIn || 'It is not for clients.')
})
