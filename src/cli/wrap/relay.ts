import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { GatewayClient } from '../../client/gateway.ts'

/** What the relay needs of the run it serves. */
export interface RelayTerms {
  /** The one password of this run: base64url, known to nobody but the wrapped tool. */
  readonly password: string
  /** For tools that send no password in the clear, not even here; a server of TLS then. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
  /** Takes one single-use token; every request spends its own. */
  readonly mint: () => Promise<string>
  readonly gateway: Pick<GatewayClient, 'send'>
  /** The gateway and the route, such as `https://gateway.example:9443/github`. */
  readonly base: string
  /** Told of what the gateway or the authority refused, and of what broke. */
  readonly told: (sentence: string) => void
}

/** A relay that runs. */
export interface Relay {
  readonly port: number
  close(): Promise<void>
}

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * A relay on loopback for a tool that can only send a password: each of its requests goes on over
 * mutual TLS with a call token of its own. It listens on 127.0.0.1 alone, and takes nothing without
 * the password or under another host name, so neither other users nor web pages can use it.
 */
export async function startRelay(terms: RelayTerms): Promise<Relay> {
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    relay(request, response, terms, portOf(server)).catch((error: unknown) => {
      terms.told(error instanceof Error ? error.message : String(error))
      if (response.headersSent) response.destroy()
      else response.writeHead(502, { 'Content-Type': 'text/plain' }).end('No answer.\n')
    })
  }
  const server = terms.tls === undefined ? createServer(serve) : createTlsServer(terms.tls, serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: portOf(server),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function portOf(server: Pick<Server, 'address'>): number {
  return (server.address() as AddressInfo).port
}

async function relay(
  request: IncomingMessage,
  response: ServerResponse,
  terms: RelayTerms,
  port: number,
): Promise<void> {
  if (request.headers.host !== `127.0.0.1:${port}`) {
    response.writeHead(421).end()
    return
  }
  if (!knows(request.headers.authorization, terms.password)) {
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="writ"' }).end()
    return
  }
  const { method = 'GET', url = '/' } = request
  const hasBody =
    request.headers['content-length'] !== undefined ||
    request.headers['transfer-encoding'] !== undefined
  const answer = await terms.gateway.send({
    method,
    url: terms.base + url,
    token: await terms.mint(),
    headers: headersOf(request),
    ...(hasBody ? { body: request } : {}),
  })
  if (answer.refusal !== undefined) {
    terms.told(`refused: ${answer.refusal} ${method} ${url.split('?', 1)[0]}`)
  }
  response.writeHead(answer.status, passedDown(answer.headers))
  await pipeline(answer.body, response)
}

/** Whether the request shows the password, as Basic (any user) or as Bearer. */
function knows(authorization: string | undefined, password: string): boolean {
  const [scheme = '', given = ''] = (authorization ?? '').split(' ')
  if (scheme.toLowerCase() === 'bearer') return same(given, password)
  if (scheme.toLowerCase() !== 'basic') return false
  const text = Buffer.from(given, 'base64').toString('utf8')
  return same(text.slice(text.indexOf(':') + 1), password)
}

function same(given: string, password: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(password))
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string' && !HOP_BY_HOP.has(name)) headers[name] = value
  }
  return headers
}

function passedDown(headers: Readonly<Record<string, string | string[] | undefined>>) {
  const passed: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) passed[name] = value
  }
  return passed
}
