import type { CertificateAuthority } from '../../src/pki/ca.ts'
import { type TrustFolder, trustBundles } from '../../src/pki/trust.ts'
import { type Credential, type HandAuthority, handAuthority } from './pki.ts'

const DOMAIN = 'partner.example'

let authority: Promise<HandAuthority> | undefined
const partner = (): Promise<HandAuthority> => {
  authority ??= handAuthority('CN=partner')
  return authority
}

/** A deployment's trust in the one partner that the tests of a process have. */
export async function partnerTrusted(ca: CertificateAuthority): Promise<TrustFolder> {
  const { pem } = await partner()
  const pems = new Map([
    [ca.trustDomain, ca.rootPem],
    [DOMAIN, pem],
  ])
  const bundles = trustBundles(pems)
  return { bundles: () => bundles, reread: () => undefined }
}

let serial = 0

/** An agent of the partner that was never seen before. */
export async function partnerAgent(): Promise<{
  readonly id: string
  readonly credential: Credential
}> {
  serial += 1
  const id = `spiffe://${DOMAIN}/ns/data/sa/reader-${serial}`
  const names = [{ type: 'url' as const, value: id }]
  return { id, credential: await (await partner()).issue({ names }) }
}
