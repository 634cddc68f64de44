import type { IncomingMessage, Server } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import {
  API_CONNECTIONS_MAX,
  API_HEAD_BYTES_MAX,
  API_HEAD_TIMEOUT_MS,
  API_KEEP_ALIVE_MS,
  API_REQUEST_TIMEOUT_MS,
} from '../domain/limits.ts'
import type { HttpEnv } from './context.ts'

/** A listener that takes connections. */
export interface Listening {
  readonly host: string
  /** The port it got, when it was asked for port 0. */
  readonly port: number
  /** Shows other certificates to connections that come from now on. */
  replaceCertificates(tls: ServerOptions): void
  /** From now on every answer ends its connection, so that clients go elsewhere by themselves. */
  drain(): void
  /** Takes no more connections, lets requests end for at most `graceMs`, then cuts. */
  close(graceMs?: number): Promise<void>
}

const GRACE_MS = 5_000

/**
 * Starts a listener for an app. With `tls` it speaks TLS; the options come from src/pki/listener.ts
 * and say whose certificate is asked for. Rejects when the address is taken.
 */
export async function listen(
  app: Hono<HttpEnv>,
  at: {
    readonly host: string
    readonly port: number
    readonly tls?: ServerOptions
    /** Not shared with other processes of the same command. */
    readonly exclusive?: boolean
  },
): Promise<Listening> {
  const handle = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  let draining = false
  const answer: typeof handle = (request, response) => {
    if (draining && 'shouldKeepAlive' in response) response.shouldKeepAlive = false
    return handle(request, response)
  }
  const options = {
    headersTimeout: API_HEAD_TIMEOUT_MS,
    requestTimeout: API_REQUEST_TIMEOUT_MS,
    keepAliveTimeout: API_KEEP_ALIVE_MS,
    maxHeaderSize: API_HEAD_BYTES_MAX,
  }
  const server =
    at.tls === undefined
      ? createServer(options, answer)
      : createTlsServer({ ...options, ...at.tls }, answer)
  server.maxConnections = API_CONNECTIONS_MAX
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const { host, port, exclusive = false } = at
    server.listen({ host, port, exclusive }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { port } = server.address() as AddressInfo
  return {
    host: at.host,
    port,
    replaceCertificates(tls) {
      if ('setSecureContext' in server) server.setSecureContext(tls)
    },
    drain: () => {
      draining = true
    },
    close: (graceMs = GRACE_MS) => close(server, graceMs),
  }
}

async function close(server: Server<typeof IncomingMessage>, graceMs: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  clearTimeout(cut)
}
