import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { CertificateAuthority } from '../../src/pki/ca.ts'
import { mutualTlsOptions } from '../../src/pki/listener.ts'

/** A service of somebody else, behind mutual TLS, on a port the system chose. */
export interface TlsService {
  readonly port: number
  close(): void
}

/** Starts a Hono app behind mutual TLS with certificates of the authority given. */
export async function startTlsService(
  // biome-ignore lint/suspicious/noExplicitAny: any app will do
  app: Hono<any>,
  ca: CertificateAuthority,
  now: Parameters<CertificateAuthority['issueServer']>[0]['now'],
): Promise<TlsService> {
  const certificate = await ca.issueServer({ names: ['localhost', '127.0.0.1'], now })
  const tls = mutualTlsOptions({ ...certificate, clientAuthorities: [ca.rootPem] })
  const server: Server = createServer(tls, getRequestListener(app.fetch))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
