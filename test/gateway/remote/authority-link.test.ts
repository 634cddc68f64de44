import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  AUTHORITY_ANSWER_BYTES_MAX,
  AUTHORITY_CONNECT_TIMEOUT_MS,
} from '../../../src/domain/limits.ts'
import {
  type AuthorityLink,
  createAuthorityLink,
} from '../../../src/gateway/remote/authority-link.ts'
import type { CertificateAuthority } from '../../../src/pki/ca.ts'
import { createAgentRequest } from '../../../src/pki/csr.ts'
import { mutualTlsOptions } from '../../../src/pki/listener.ts'
import { freePort } from '../../support/free-ports.ts'
import { agentUri, type Credential, enrolled, STARTED, testAuthority } from '../../support/pki.ts'

type Handle = (request: IncomingMessage, response: ServerResponse) => void

let ca: CertificateAuthority
let gateway: Credential
const ends: (() => unknown)[] = []

beforeAll(async () => {
  ca = await testAuthority()
  gateway = await enrolled(ca, agentUri('edge', 'gateway'))
})
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** An authority's agents listener; `asked` counts the requests that reached it. */
async function listener(handle: Handle, credential?: Credential) {
  const made = await ca.issueServer({ names: ['127.0.0.1'], now: STARTED })
  const { cert, key } = credential ?? { cert: made.certificatePem, key: made.privateKeyPem }
  const pems = { certificatePem: cert, privateKeyPem: key }
  const state = { asked: 0 }
  const server: Server = createServer(
    mutualTlsOptions({ ...pems, clientAuthorities: [ca.rootPem] }),
    (request, response) => {
      state.asked += 1
      handle(request, response)
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { state, server, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const says =
  (word: string): Handle =>
  (request, response) => {
    request.resume().once('end', () => response.end(JSON.stringify({ word })))
  }

function linkTo(...addresses: readonly string[]): AuthorityLink {
  const identity = { certificate: gateway.cert, privateKey: gateway.key }
  const link = createAuthorityLink({ addresses, authorities: ca.rootPem, identity })
  ends.push(() => link.close())
  return link
}

const ask = (link: AuthorityLink, ms = 1_500) =>
  link.ask({ method: 'POST', path: '/x', body: '{}', signal: AbortSignal.timeout(ms) })

/** An address that nobody listens on. */
const nobody = async () => `https://127.0.0.1:${await freePort()}`

/** An address whose kernel takes connections and whose process never answers. */
async function silent(): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createSocketServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('an authority with several addresses', () => {
  it('is asked at the first that takes a connection, and stays there', async () => {
    const good = await listener(says('good'))
    const link = linkTo(await nobody(), await silent(), good.url)
    const began = performance.now()
    expect(await ask(link)).toEqual({ status: 200, json: { word: 'good' } })
    expect(performance.now() - began).toBeGreaterThan(AUTHORITY_CONNECT_TIMEOUT_MS - 100)
    const again = performance.now()
    expect((await ask(link)).status).toBe(200)
    expect(performance.now() - again).toBeLessThan(AUTHORITY_CONNECT_TIMEOUT_MS)
  })

  it('I7: a request that was sent and not answered is not sent anywhere else', async () => {
    const lost = await listener((request) => void request.resume().socket.destroy())
    const other = await listener(says('other'))
    const link = linkTo(lost.url, other.url)
    await expect(ask(link)).rejects.toThrow()
    expect([lost.state.asked, other.state.asked]).toEqual([1, 0])
    expect((await ask(link)).json, 'the next one goes elsewhere').toEqual({ word: 'other' })
  })

  it('I7: nor is one whose answer stops in the middle, or is given up', async () => {
    const torn = await listener((_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"word"')
      setTimeout(() => response.destroy(), 20)
    })
    const slow = await listener(() => undefined)
    const other = await listener(says('other'))
    await expect(ask(linkTo(torn.url, other.url))).rejects.toThrow()
    await expect(ask(linkTo(slow.url, other.url), 100)).rejects.toThrow()
    expect([torn.state.asked, slow.state.asked, other.state.asked]).toEqual([1, 1, 0])
  })

  it('is left while it takes long, and when it says that it closes', async () => {
    let release = () => undefined as unknown
    const slow = await listener((_request, response) => {
      release = () => response.end('{"word":"slow"}')
    })
    const closing = await listener((_request, response) => {
      response.shouldKeepAlive = false
      response.end('{"word":"closing"}')
    })
    const other = await listener(says('other'))
    const link = linkTo(slow.url, closing.url, other.url)
    const first = ask(link)
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect((await ask(link)).json).toEqual({ word: 'closing' })
    expect((await ask(link)).json).toEqual({ word: 'other' })
    release()
    expect((await first).json).toEqual({ word: 'slow' })
  })
})

describe('who answers is the authority', () => {
  it('not an enforcement point, whatever server names it was given', async () => {
    const { csrPem, privateKeyPem } = await createAgentRequest(agentUri('rogue', 'gateway'))
    const uri = agentUri('rogue', 'gateway')
    const order = { csrPem, uri, serverNames: ['127.0.0.1'], now: STARTED }
    const made = await ca.issueAgent(order)
    if (!made.ok) throw new Error(made.refusal.code)
    const rogue = await listener(says('rogue'), { cert: made.value.pem, key: privateKeyPem })
    await expect(ask(linkTo(rogue.url))).rejects.toThrow(/No connection/)
    expect(rogue.state.asked).toBe(0)
  })

  it('not one of another root', async () => {
    const other = await testAuthority()
    const made = await other.issueServer({ names: ['127.0.0.1'], now: STARTED })
    const stranger = await listener(says('stranger'), {
      cert: made.certificatePem,
      key: made.privateKeyPem,
    })
    await expect(ask(linkTo(stranger.url))).rejects.toThrow(/No connection/)
    expect(stranger.state.asked).toBe(0)
  })

  it('and an answer without end is not read', async () => {
    const endless = await listener((_request, response) => {
      response.end('x'.repeat(AUTHORITY_ANSWER_BYTES_MAX + 1))
    })
    await expect(ask(linkTo(endless.url))).rejects.toThrow()
  })
})

describe('a renewed certificate', () => {
  it('is shown on connections from then on', async () => {
    const seen: string[] = []
    const { url } = await listener((request, response) => {
      const socket = request.socket as import('node:tls').TLSSocket
      seen.push(socket.getPeerCertificate().fingerprint256)
      response.end('{}')
    })
    const link = linkTo(url)
    await ask(link)
    await ask(link)
    const next = await enrolled(ca, agentUri('edge', 'gateway'))
    link.replaceIdentity({ certificate: next.cert, privateKey: next.key })
    await ask(link)
    expect(seen[1]).toBe(seen[0])
    expect(seen[2]).not.toBe(seen[0])
  })
})
