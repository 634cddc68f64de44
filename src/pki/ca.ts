import {
  type AgentUri,
  type CertificateThumbprint,
  type KeyThumbprint,
  parseAgentUri,
  trustDomainOf,
} from '../domain/ids.ts'
import { AGENT_CERTIFICATE_SECONDS, SERVER_CERTIFICATE_SECONDS } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { areServerNames, serverNameKind } from '../domain/server-name.ts'
import { type EpochSeconds, earlier, epochSeconds, later } from '../domain/time.ts'
import type { MasterKey } from '../vault/envelope.ts'
import { keyThumbprintOf, readAgentRequest } from './csr.ts'
import { leafExtensions, type Purpose, randomSerial, validity } from './profile.ts'
import { openRoot, type Root } from './root.ts'
import { thumbprintOf } from './thumbprint.ts'
import {
  generateKeyPair,
  type JsonGeneralName,
  type Key,
  P256,
  privateKeyPem,
  type X509Certificate,
  X509CertificateGenerator,
} from './x509.ts'

/** A certificate as handed to an agent. */
export interface IssuedCertificate {
  readonly pem: string
  readonly thumbprint: CertificateThumbprint
  /** RFC 7638 thumbprint of the key it certifies. */
  readonly key: KeyThumbprint
  readonly notAfter: EpochSeconds
}

/** A certificate and key for one of our own listeners; the key is a secret (I12). */
export interface ServerCertificate {
  readonly certificatePem: string
  readonly privateKeyPem: string
  readonly notAfter: EpochSeconds
}

/** What an agent asks to be certified; `seconds` may only shorten AGENT_CERTIFICATE_SECONDS. */
export interface AgentCertificateOrder {
  readonly csrPem: string
  readonly uri: AgentUri
  /** DNS names and addresses beside the URI; only for names below `/gateway/`. */
  readonly serverNames?: readonly string[]
  readonly now: EpochSeconds
  readonly seconds?: number
}

/** The built-in certificate authority of one trust domain. */
export interface CertificateAuthority {
  readonly trustDomain: string
  /** The root certificate: public, and what agents trust. */
  readonly rootPem: string
  /**
   * Certifies the key of a request under the name the authority chose. Refusals: those of
   * `readAgentRequest`, and `malformed` for a name outside `/agent/…` and `/gateway/…` here, or
   * server names that are unsound or asked for something else than a gateway.
   */
  issueAgent(order: AgentCertificateOrder): Promise<Result<IssuedCertificate>>
  /** A server-only certificate for DNS names and IP addresses; throws on a name that is neither. */
  issueServer(order: {
    readonly names: readonly string[]
    readonly now: EpochSeconds
  }): Promise<ServerCertificate>
}

const NAME_PATH = /^\/(?:agent|gateway)\/[A-Za-z0-9._-]{1,255}$/

/**
 * Opens the authority kept in `keysDir`, or makes its root on the first start (ECDSA P-256, sealed
 * at rest under `master`). Throws when the kept root is damaged, of another trust domain or at its
 * end.
 */
export async function openCertificateAuthority(setup: {
  readonly keysDir: string
  readonly master: MasterKey
  readonly trustDomain: string
  readonly now: EpochSeconds
}): Promise<CertificateAuthority> {
  const root = await openRoot(setup)
  return {
    trustDomain: setup.trustDomain,
    rootPem: root.pem,
    issueAgent: (order) => issueAgent(root, setup.trustDomain, order),
    issueServer: (order) => issueServer(root, order.names, order.now),
  }
}

async function issueAgent(
  root: Root,
  trustDomain: string,
  order: AgentCertificateOrder,
): Promise<Result<IssuedCertificate>> {
  const { csrPem, uri, serverNames = [], now, seconds = AGENT_CERTIFICATE_SECONDS } = order
  if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > AGENT_CERTIFICATE_SECONDS) {
    return refuse('malformed', { seconds })
  }
  const name = parseAgentUri(uri)
  const ours =
    name !== undefined &&
    trustDomainOf(name) === trustDomain &&
    NAME_PATH.test(name.slice(`spiffe://${trustDomain}`.length))
  if (!ours) return refuse('malformed', { uri, trustDomain })
  const serves = uri.startsWith(`spiffe://${trustDomain}/gateway/`)
  if (!areServerNames(serverNames) || (serverNames.length > 0 && !serves)) {
    return refuse('malformed', { uri, serverNames: serverNames.length })
  }
  const publicKey = await readAgentRequest(csrPem)
  if (!publicKey.ok) return publicKey
  const end = later(now, seconds)
  const names = [{ type: 'url' as const, value: name }, ...serverNames.map(serverName)]
  const certificate = await issue(root, publicKey.value, names, { purpose: 'peer', now, end })
  return accept({
    pem: certificate.toString('pem'),
    thumbprint: thumbprintOf(certificate.rawData),
    key: await keyThumbprintOf(publicKey.value),
    notAfter: notAfterOf(certificate),
  })
}

async function issueServer(
  root: Root,
  names: readonly string[],
  now: EpochSeconds,
): Promise<ServerCertificate> {
  if (names.length === 0) throw new Error('a server certificate needs at least one name')
  const keys = await generateKeyPair()
  const certificate = await issue(root, keys.publicKey, names.map(serverName), {
    purpose: 'server',
    now,
    end: later(now, SERVER_CERTIFICATE_SECONDS),
  })
  return {
    certificatePem: certificate.toString('pem'),
    privateKeyPem: await privateKeyPem(keys.privateKey),
    notAfter: notAfterOf(certificate),
  }
}

async function issue(
  root: Root,
  publicKey: Key,
  names: readonly JsonGeneralName[],
  terms: { readonly purpose: Purpose; readonly now: EpochSeconds; readonly end: EpochSeconds },
): Promise<X509Certificate> {
  const { purpose, now, end } = terms
  if (now >= root.notAfter) throw new Error('the root certificate has reached its end')
  return X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    issuer: root.subject,
    ...validity(now, earlier(end, root.notAfter)),
    publicKey,
    signingKey: root.privateKey,
    signingAlgorithm: P256,
    extensions: await leafExtensions(names, purpose, publicKey, root.publicKey),
  })
}

function serverName(name: string): JsonGeneralName {
  const type = serverNameKind(name)
  if (type !== undefined) return { type, value: name }
  throw new Error(`"${name}" is neither a lowercase DNS name nor an IP address`)
}

function notAfterOf(certificate: X509Certificate): EpochSeconds {
  return epochSeconds(Math.floor(certificate.notAfter.getTime() / 1000))
}
