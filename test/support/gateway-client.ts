import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { type Agent, request as httpsRequest } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import type { TestGateway } from './gateway.ts'
import type { Credential } from './pki.ts'

/** One request of an agent. */
export interface Ask {
  readonly method?: string
  readonly path: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: string | Buffer
  readonly agent?: Agent
  readonly credential?: Credential
}

/** A whole answer. */
export interface Told {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** False when the stream was broken off. */
  readonly whole: boolean
}

/** Opens a request with a bearer token; the caller ends it. */
export function open(gateway: TestGateway, ask: Ask): ClientRequest {
  const { cert, key } = ask.credential ?? gateway.worker
  const request = httpsRequest({
    host: '127.0.0.1',
    port: gateway.port,
    servername: 'localhost',
    ca: gateway.rootPem,
    cert,
    key,
    agent: ask.agent ?? false,
    method: ask.method ?? 'GET',
    path: ask.path,
    headers: { host: 'gateway.test', authorization: 'Bearer token', ...ask.headers },
  })
  return request.on('error', () => undefined)
}

/** Sends a request and reads the whole answer. */
export async function tell(gateway: TestGateway, ask: Ask): Promise<Told> {
  const request = open(gateway, ask)
  request.end(ask.body)
  return readAll(await headOf(request))
}

/** The answer of a request as soon as its head is there. */
export async function headOf(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response.on('error', () => undefined)
}

/** Reads an answer to its end or its break. */
export async function readAll(response: IncomingMessage): Promise<Told> {
  const chunks: Buffer[] = []
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(response, 'close').catch(() => undefined)
  const { statusCode: status = 0, headers, rawHeaders } = response
  return { status, headers, rawHeaders, body: Buffer.concat(chunks), whole: response.complete }
}

/** The code of one of our own refusals. */
export function codeOf(told: Told): string {
  return String(told.headers['writ-refusal'])
}

/** A TLS connection over which a test writes its own bytes. */
export async function rawConnection(gateway: TestGateway): Promise<TLSSocket> {
  const { cert, key } = gateway.worker
  const socket = connect({ host: '127.0.0.1', port: gateway.port, ca: gateway.rootPem, cert, key })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}

/** Writes bytes and reads until the connection ends or `quietMs` pass without a byte. */
export async function exchangeRaw(
  gateway: TestGateway,
  text: string,
  quietMs = 150,
): Promise<string> {
  const socket = await rawConnection(gateway)
  let told = ''
  const done = new Promise<void>((resolve) => {
    let timer = setTimeout(resolve, quietMs * 4)
    socket.on('data', (chunk) => {
      told += chunk.toString('latin1')
      clearTimeout(timer)
      timer = setTimeout(resolve, quietMs)
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
  socket.write(Buffer.from(text, 'latin1'))
  await done
  socket.destroy()
  return told
}
