import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

/**
 * The baseline: what is left of a mutual-TLS reverse proxy on the same libraries when it checks
 * nothing but the certificate. Gets its certificates and the upstream from its parent.
 */
interface Setup {
  readonly cert: string
  readonly key: string
  readonly ca: string
  readonly upstream: string
}

process.once('message', ({ cert, key, ca, upstream }: Setup) => {
  const pool = new Pool(upstream, { connections: 64 })
  const tls = { cert, key, ca, requestCert: true, rejectUnauthorized: true } as const
  const server = createServer({ ...tls, minVersion: 'TLSv1.3' }, (request, response) => {
    const { method = 'GET', url = '/' } = request
    const { host: _host, connection: _connection, ...headers } = request.headers
    const hasBody = method !== 'GET' && method !== 'HEAD'
    pool
      .stream(
        {
          method: method as 'GET',
          path: url,
          headers: headers as Record<string, string>,
          body: hasBody ? request : null,
        },
        ({ statusCode, headers: answered }) => {
          response.writeHead(statusCode, answered as Record<string, string>)
          return response
        },
      )
      .catch(() => response.destroy())
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ port: (server.address() as AddressInfo).port })
  })
})
process.on('disconnect', () => process.exit(0))
