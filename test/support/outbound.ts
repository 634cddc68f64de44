import { STARTED, testAuthority } from './pki.ts'

/** A server certificate for these names, and the authority to trust for it. */
export async function testServerTls(names: readonly string[]) {
  const ca = await testAuthority()
  const made = await ca.issueServer({ names: [...names], now: STARTED })
  return { tls: { cert: made.certificatePem, key: made.privateKeyPem }, authority: ca.rootPem }
}
