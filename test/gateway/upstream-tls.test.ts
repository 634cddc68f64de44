import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CertificateAuthority } from '../../src/pki/ca.ts'
import { grantFor, scopeOf, startGateway } from '../support/gateway.ts'
import { codeOf, tell } from '../support/gateway-client.ts'
import { STARTED, testAuthority } from '../support/pki.ts'

describe('an upstream over TLS is held against the name of the route', () => {
  let ca: CertificateAuthority
  let server: Server
  let port: number
  const names: (string | false | null)[] = []

  beforeAll(async () => {
    ca = await testAuthority()
    const made = await ca.issueServer({ names: ['upstream.test'], now: STARTED })
    server = createServer(
      { cert: made.certificatePem, key: made.privateKeyPem },
      (request, response) => {
        names.push((request.socket as TLSSocket).servername)
        response.end('hello')
      },
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const call = async (host: string, authorities?: readonly string[]) => {
    const origin = `https://${host}:${port}`
    const resolve = async () => ['127.0.0.1']
    const gateway = await startGateway(origin, {
      upstream: { resolve, ...(authorities === undefined ? {} : { authorities }) },
    })
    gateway.scope = scopeOf(grantFor(origin))
    const told = await tell(gateway, { path: '/up/a' })
    await gateway.gateway.close({ graceMs: 0 })
    return told
  }

  it('names the host in SNI while it dials the checked address', async () => {
    expect((await call('upstream.test', [ca.rootPem])).status).toBe(200)
    expect(names).toEqual(['upstream.test'])
  })

  it('refuses a certificate of another name', async () => {
    expect(codeOf(await call('other.test', [ca.rootPem]))).toBe('upstream_unreachable')
  })

  it('refuses a certificate of an authority it does not know', async () => {
    expect(codeOf(await call('upstream.test'))).toBe('upstream_unreachable')
  })
})
