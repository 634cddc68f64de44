import { OWN_CERTIFICATE_CHECK_MS } from '../../domain/limits.ts'
import type { Clock } from '../../domain/time.ts'
import { createAgentRequest } from '../../pki/csr.ts'
import { type Identity, readIdentity } from '../../pki/identity-files.ts'

/** What keeping a certificate takes from outside. */
export interface OwnCertificateSetup {
  readonly identity: Identity
  readonly clock: Clock
  /** Has the authority certify a request over the present identity; answers the PEM. */
  readonly certify: (csrPem: string) => Promise<string>
  /** The identity that is kept; another process with the same files may have renewed it. */
  readonly read: () => Identity
  readonly keep: (identity: Identity) => Promise<void>
  /** Puts a new identity to use. */
  readonly replaced: (identity: Identity) => void
  readonly failed: (cause: unknown) => void
  readonly checkEveryMs?: number
}

/** The certificate of a process, renewed while it runs. */
export interface OwnCertificate {
  /** The identity in use. */
  current(): Identity
  /** Renews if half of the life is over; never rejects. */
  check(): Promise<void>
  close(): void
}

/**
 * Renews the process's own certificate when half of its life is over, with a new key, and again
 * every OWN_CERTIFICATE_CHECK_MS until that succeeds. Of several processes with the same files,
 * those that come later take what the first has kept. A certificate that names somebody else or
 * other servers is not taken; one that can not be kept is used all the same.
 */
export function keepOwnCertificate(setup: OwnCertificateSetup): OwnCertificate {
  const { clock, certify, replaced, failed } = setup
  let current = setup.identity
  let running: Promise<void> | undefined

  async function renew(): Promise<void> {
    try {
      const kept = setup.read()
      if (kept.notAfter > current.notAfter) return use(kept)
      const { csrPem, privateKeyPem } = await createAgentRequest(current.uri)
      const next = readIdentity(await certify(csrPem), privateKeyPem)
      use(next)
      await setup.keep(next)
    } catch (cause) {
      failed(cause)
    }
  }
  function use(next: Identity): void {
    const same =
      next.uri === current.uri && next.serverNames.join(' ') === current.serverNames.join(' ')
    if (!same) throw new Error('The renewed certificate has other names.')
    current = next
    replaced(next)
  }
  const check = (): Promise<void> => {
    const { notBefore, notAfter } = current
    if (clock.now() < notBefore + (notAfter - notBefore) / 2) return Promise.resolve()
    running ??= renew().finally(() => {
      running = undefined
    })
    return running
  }
  const timer = setInterval(() => void check(), setup.checkEveryMs ?? OWN_CERTIFICATE_CHECK_MS)
  timer.unref()
  return { current: () => current, check, close: () => clearInterval(timer) }
}
