import { X509Certificate as NodeCertificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { hasSoundKey } from './leaf.ts'
import { BasicConstraintsExtension, PemConverter, X509Certificate } from './x509.ts'

/**
 * Which authorities speak for which trust domain. The TLS layer can only hold a peer against all of
 * them together; `signed` then holds the leaf against its own domain's alone, so that no authority
 * can name an agent of another domain (X509-SVID §5).
 */
export interface TrustBundles {
  readonly trustDomains: readonly string[]
  /** Every authority, PEM: the client CA list of the TLS layer. */
  readonly authorities: readonly string[]
  /**
   * Whether a path of signatures leads from the leaf to a self-signed authority inside the bundle
   * of `trustDomain`. Checks signatures and path lengths; times are left to the TLS layer and to
   * the check of the leaf on every request.
   */
  signed(trustDomain: string, leafDer: Uint8Array): boolean
}

interface Authority {
  readonly pem: string
  readonly certificate: NodeCertificate
  /** Authorities that may stand between it and a leaf. */
  readonly pathLength: number
  readonly selfSigned: boolean
}

/** Our own trust domain, and the only authority that speaks for it. */
interface OwnDomain {
  readonly trustDomain: string
  readonly rootPem: string
}

/** Bundles that are kept in a folder and may change there. */
export interface TrustFolder {
  /** The very same object while nothing has changed. */
  bundles(): TrustBundles
  /** Reads the folder again; where something is wrong in it, what was read before stays. */
  reread(): void
}

const FILE = /^([a-z0-9._-]{1,255})\.pem$/
const PATH_MAX = 8
/** Basic constraints, key usage and extended key usage: what a critical extension may be. */
const UNDERSTOOD: readonly string[] = ['2.5.29.19', '2.5.29.15', '2.5.29.37']

/**
 * Builds bundles from PEM texts by trust domain; the own domain belongs in it. Throws, with the
 * domain and the reason, on anything that is not an authority with a sound key, on a root that is
 * missing, and on a critical extension (such as name constraints) that is not enforced here.
 */
export function trustBundles(pems: ReadonlyMap<string, string>): TrustBundles {
  const bundles = new Map<string, readonly Authority[]>()
  for (const [trustDomain, pem] of pems) bundles.set(trustDomain, readBundle(trustDomain, pem))
  const authorities = [...bundles.values()].flat().map(({ pem }) => pem)
  return {
    trustDomains: [...bundles.keys()],
    authorities: [...new Set(authorities)],
    signed: (trustDomain, der) => {
      const bundle = bundles.get(trustDomain)
      return bundle !== undefined && leadsToRoot(new NodeCertificate(der), bundle, 0)
    },
  }
}

/** Names that begin with a dot are versions of a mounted ConfigMap, as Kubernetes keeps them. */
function readPems(folder: string, own: OwnDomain): ReadonlyMap<string, string> {
  const pems = new Map([[own.trustDomain, own.rootPem]])
  for (const file of readdirSync(folder).sort()) {
    if (file.startsWith('.')) continue
    const trustDomain = FILE.exec(file)?.[1]
    if (trustDomain === undefined) throw new Error(`${file}: name it <trust domain>.pem`)
    if (pems.has(trustDomain)) throw new Error(`${file}: this trust domain has its own authority`)
    pems.set(trustDomain, readBundleFile(folder, file))
  }
  return pems
}

/**
 * Reads `<trust domain>.pem` files of a folder, joined with the own root, now and again when asked.
 * Throws now when a file can not be read, is named otherwise or names the own trust domain: its
 * only authority is our own. Later a fault is told instead, once while it stays. Names that begin
 * with a dot are passed over.
 */
export function openTrustFolder(
  folder: string,
  own: OwnDomain,
  failed: (fault: unknown) => void,
): TrustFolder {
  let pems = readPems(folder, own)
  let bundles = trustBundles(pems)
  let told = ''
  const reread = () => {
    const now = readPems(folder, own)
    if (isDeepStrictEqual(now, pems)) return
    bundles = trustBundles(now)
    pems = now
  }
  return {
    bundles: () => bundles,
    reread: () => {
      try {
        reread()
        told = ''
      } catch (fault) {
        if (told !== String(fault)) failed(fault)
        told = String(fault)
      }
    },
  }
}

function readBundleFile(folder: string, file: string): string {
  try {
    return readFileSync(join(folder, file), 'utf8')
  } catch (cause) {
    throw new Error(`${file}: this can not be read as a trust bundle`, { cause })
  }
}

function readBundle(trustDomain: string, pem: string): readonly Authority[] {
  const blocks = PemConverter.decodeWithHeaders(pem)
  const bundle = blocks.map(({ type, rawData }) => {
    if (type !== 'CERTIFICATE') throw new Error(`trust bundle of ${trustDomain}: ${type} in it`)
    return readAuthority(trustDomain, readCertificate(trustDomain, rawData))
  })
  if (!bundle.some(({ selfSigned }) => selfSigned)) {
    throw new Error(`trust bundle of ${trustDomain}: no self-signed authority in it`)
  }
  return bundle
}

function readCertificate(trustDomain: string, der: ArrayBuffer): X509Certificate {
  try {
    return new X509Certificate(der)
  } catch (cause) {
    throw new Error(`trust bundle of ${trustDomain}: no certificate can be read`, { cause })
  }
}

function readAuthority(trustDomain: string, certificate: X509Certificate): Authority {
  const unfit = (reason: string) => new Error(`trust bundle of ${trustDomain}: ${reason}`)
  const constraints = certificate.getExtension(BasicConstraintsExtension)
  if (constraints?.ca !== true) throw unfit('a certificate in it is not an authority')
  if (!hasSoundKey(certificate)) throw unfit('use P-256, P-384 or RSA keys of 2048 bits or more')
  const foreign = certificate.extensions.find((e) => e.critical && !UNDERSTOOD.includes(e.type))
  if (foreign !== undefined) throw unfit(`critical extension ${foreign.type} is not enforced here`)
  const pem = certificate.toString('pem')
  const node = new NodeCertificate(pem)
  return {
    pem,
    certificate: node,
    pathLength: constraints.pathLength ?? PATH_MAX,
    selfSigned: issued(node, node),
  }
}

/** `below` counts the authorities already passed on the way up. */
function leadsToRoot(
  certificate: NodeCertificate,
  bundle: readonly Authority[],
  below: number,
): boolean {
  if (below >= PATH_MAX) return false
  return bundle.some(
    (authority) =>
      below <= authority.pathLength &&
      issued(certificate, authority.certificate) &&
      (authority.selfSigned || leadsToRoot(authority.certificate, bundle, below + 1)),
  )
}

function issued(certificate: NodeCertificate, by: NodeCertificate): boolean {
  return certificate.checkIssued(by) && certificate.verify(by.publicKey)
}
