import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { mutualTlsOptions } from '../../src/pki/listener.ts'
import { STARTED, testAuthority } from './pki.ts'

/** A server of somebody else that asks for no certificate, with the root it is trusted by. */
export interface HttpsServer {
  readonly url: string
  readonly authorities: string
  /** Answers from now on. */
  answer(listener: RequestListener): void
  close(): Promise<void>
}

/** Starts one on a port the system chose. */
export async function startHttps(
  name: '127.0.0.1' | 'localhost' = '127.0.0.1',
): Promise<HttpsServer> {
  const ca = await testAuthority()
  const made = await ca.issueServer({ names: ['127.0.0.1', 'localhost'], now: STARTED })
  const tls = mutualTlsOptions({ ...made, clientAuthorities: [ca.rootPem] })
  let listener: RequestListener = (_request, response) => response.end()
  const server = createServer({ ...tls, requestCert: false }, (request, response) =>
    listener(request, response),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `https://${name}:${(server.address() as AddressInfo).port}`,
    authorities: ca.rootPem,
    answer: (next) => {
      listener = next
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
