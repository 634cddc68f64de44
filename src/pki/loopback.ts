import { type EpochSeconds, later } from '../domain/time.ts'
import { leafExtensions, randomSerial, validity } from './profile.ts'
import { generateKeyPair, P256, privateKeyPem, X509CertificateGenerator } from './x509.ts'

/** A certificate that vouches for itself, and its key; both PEM, the key a secret (I12). */
export interface LoopbackCertificate {
  readonly certificatePem: string
  readonly privateKeyPem: string
}

const DAY_SECONDS = 24 * 60 * 60

/**
 * A certificate for 127.0.0.1 alone, for one day: for a listener whose only client is a process of
 * the same run, which is given this very certificate to trust.
 */
export async function createLoopbackCertificate(now: EpochSeconds): Promise<LoopbackCertificate> {
  const keys = await generateKeyPair()
  const names = [{ type: 'ip', value: '127.0.0.1' }] as const
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    ...validity(now, later(now, DAY_SECONDS)),
    keys,
    signingAlgorithm: P256,
    extensions: await leafExtensions(names, 'server', keys.publicKey, keys.publicKey),
  })
  return {
    certificatePem: certificate.toString('pem'),
    privateKeyPem: await privateKeyPem(keys.privateKey),
  }
}
