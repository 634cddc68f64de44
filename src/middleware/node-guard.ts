import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { TlsOptions } from 'node:tls'
import { createAuthorityKeys } from '../admission/authority-keys.ts'
import { createRedemptionQueue } from '../admission/redemption-queue.ts'
import { createRelayedAdmission } from '../admission/relay.ts'
import { trustDomainOf } from '../domain/ids.ts'
import { REDEEM_DEADLINE_MS } from '../domain/limits.ts'
import { mutualTlsOptions } from '../pki/listener.ts'
import { systemClock, systemIds } from '../system.ts'
import type { Arrival } from './arrival.ts'
import type { Guard } from './guard.ts'
import { readAndPutBack } from './node-body.ts'
import { createNodeLink } from './node-link.ts'
import { peerOfRequest, readNodeLeaf } from './node-peer.ts'
import { type PointIdentity, requireSound, type WritSettings } from './settings.ts'

/** A guard on Node, before a framework is put to it. */
export interface NodeGuard extends Guard {
  /** Options for `https.createServer`: every client shows a certificate of the authority's. */
  readonly tls: TlsOptions
  /** The arrival of a request on Node; `target` as it came over the wire. */
  arrival(request: IncomingMessage, target: string | undefined): Arrival
  /** Uses a renewed certificate; throws a plain sentence when it is somebody else's. */
  replaceIdentity(identity: PointIdentity): void
  /** Ends connections and timers. */
  close(): void
}

/**
 * The guard of a service on Node: verifies with the authority's published keys, so that noise goes
 * no further, and has the authority redeem, over mutual TLS with the service's own certificate.
 * Starts also while the authority is away; calls are `status_unknown` then. Throws plain sentences
 * for settings that can not work.
 */
export function createNodeGuard(settings: WritSettings): NodeGuard {
  const { audience, origin, issuer, identity, told } = settings
  const addresses = requireSound(settings)
  const uri = requirePoint(identity)
  const trustDomain = trustDomainOf(uri)
  const link = createNodeLink(addresses, identity)
  const keys = createAuthorityKeys({
    async fetch() {
      const signal = AbortSignal.timeout(REDEEM_DEADLINE_MS)
      const path = '/.well-known/jwks.json'
      const { status, json } = await link.ask({ method: 'GET', path, signal })
      if (status !== 200) throw new Error(`The authority answered ${status}.`)
      return json
    },
    failed: () => undefined,
  })
  const queue = createRedemptionQueue((body, signal, requestId) =>
    link.ask({ method: 'POST', path: '/v1/redemptions', body, signal, requestId }),
  )
  const point = { audience, keys, queue, clock: systemClock }
  return {
    admit: createRelayedAdmission(issuer === undefined ? point : { ...point, issuer }),
    origin,
    requestId: () => systemIds.request(),
    told,
    tls: mutualTlsOptions({
      certificatePem: identity.cert,
      privateKeyPem: identity.key,
      clientAuthorities: [identity.ca],
    }),
    arrival: (request, target) => nodeArrival(request, target, trustDomain),
    replaceIdentity(next) {
      if (requirePoint(next) !== uri) throw new Error('identity: the certificate of somebody else.')
      link.replaceIdentity(next)
    },
    close() {
      keys.close()
      link.close()
    },
  }
}

/** The arrival of a request that Node's own HTTP server took in. */
export function nodeArrival(
  request: IncomingMessage,
  target: string | undefined,
  trustDomain: string,
): Arrival {
  return {
    method: request.method ?? '',
    target,
    header: (name) => request.headersDistinct[name] ?? [],
    peer: peerOfRequest(request, trustDomain),
    readBody: () => readAndPutBack(request),
  }
}

function requirePoint({ cert }: PointIdentity) {
  const leaf = readNodeLeaf(readPem(cert))
  if (leaf === undefined) throw new Error('identity.cert: not the certificate of one service.')
  if (!leaf.uri.startsWith(`spiffe://${trustDomainOf(leaf.uri)}/gateway/`)) {
    throw new Error(`${leaf.uri} is no enforcement point: enroll one with --role enforcement.`)
  }
  return leaf.uri
}

function readPem(cert: string): X509Certificate {
  try {
    return new X509Certificate(cert)
  } catch (cause) {
    throw new Error('identity.cert: a certificate in PEM, not a file name.', { cause })
  }
}
