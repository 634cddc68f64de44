import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Result } from '../../src/domain/result.ts'
import type { EpochSeconds } from '../../src/domain/time.ts'
import { mutualTlsOptions } from '../../src/pki/listener.ts'
import { peerIdentity } from '../../src/pki/peer-identity.ts'
import type { TrustBundles } from '../../src/pki/trust.ts'
import { type Credential, STARTED, TRUST_DOMAIN, testAuthority } from './pki.ts'

/** A listener that answers each request with what it knows of the peer. */
export interface IdentityListener {
  readonly port: number
  readonly rootPem: string
  readonly server: Server
  /** The moment the next requests are judged at. */
  now: EpochSeconds
  close(): Promise<void>
}

/** Starts one; clients may be signed by any of `clientAuthorities`. */
export async function identityListener(setup: {
  readonly clientAuthorities: readonly string[]
  readonly bundles?: TrustBundles
}): Promise<IdentityListener> {
  const ca = await testAuthority('server.example')
  const certificate = await ca.issueServer({ names: ['localhost', '127.0.0.1'], now: STARTED })
  const { clientAuthorities, bundles } = setup
  const server = createServer(mutualTlsOptions({ ...certificate, clientAuthorities }))
  const listener: IdentityListener = {
    port: 0,
    rootPem: ca.rootPem,
    server,
    now: STARTED,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  server.on('request', (request, response) => {
    const identity = peerIdentity(request.socket as TLSSocket, {
      trustDomain: TRUST_DOMAIN,
      now: listener.now,
      ...(bundles === undefined ? {} : { bundles }),
    })
    response.end(JSON.stringify(identity))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(listener, { port: (server.address() as AddressInfo).port })
}

/** A client connection that speaks just enough HTTP to ask again on the same connection. */
export interface IdentityClient {
  readonly socket: TLSSocket
  ask(): Promise<Result<{ readonly uri: string; readonly certificate: string }>>
  /** The newest session ticket, for resumption. */
  readonly session: Promise<Buffer>
}

/** Connects; rejects when the handshake fails. */
export async function identityClient(
  listener: IdentityListener,
  credential: Partial<Credential>,
  options: ConnectionOptions = {},
): Promise<IdentityClient> {
  const socket = connect({
    host: '127.0.0.1',
    port: listener.port,
    ca: listener.rootPem,
    ...credential,
    ...options,
  })
  const session = new Promise<Buffer>((resolve) => socket.once('session', resolve))
  await once(socket, 'secureConnect')
  return { socket, session, ask: () => ask(socket) }
}

async function ask(socket: TLSSocket): Promise<Result<{ uri: string; certificate: string }>> {
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  let text = ''
  for (;;) {
    const chunk = await new Promise<Buffer>((resolve, reject) => {
      socket.once('data', resolve)
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('closed')))
    })
    text += chunk.toString('latin1')
    const body = /content-length: (\d+)[\s\S]*?\r\n\r\n([\s\S]*)$/i.exec(text)
    if (body?.[2] !== undefined && body[2].length >= Number(body[1])) return JSON.parse(body[2])
  }
}
