import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { Agent, fetch as undiciFetch } from 'undici'
import { createWrit as expressWrit, writOf } from '../../src/middleware/express.ts'
import { createWrit as fastifyWrit } from '../../src/middleware/fastify.ts'
import { createWrit as fetchWrit } from '../../src/middleware/fetch.ts'
import { createWrit as honoWrit, type ProtectedEnv } from '../../src/middleware/index.ts'
import type { PointIdentity, WritSettings } from '../../src/middleware/settings.ts'
import { thumbprintOf } from '../../src/pki/thumbprint.ts'
import { CONTRACT, type Deployment, openDeployment, type Peer } from '../support/http.ts'

/** How the services of these tests are named in scopes. */
export const ORIGIN = 'https://api.github.com'

/** An authority with agents, and what a service needs to stand under it. */
export interface Stage {
  readonly deployment: Deployment
  readonly worker: Peer
  readonly thief: Peer
  readonly identity: PointIdentity
  readonly settings: WritSettings
  open(scope?: object): Promise<string>
  mint(lease: string, more?: object): Promise<string>
  close(): Promise<void>
}

/** Opens one; `audience` is that of the contract. */
export async function openStage(contract = CONTRACT): Promise<Stage> {
  const deployment = await openDeployment()
  const [worker, thief] = [
    await deployment.enroll('worker', { contract }),
    await deployment.enroll('thief', { contract }),
  ]
  const point = await deployment.enroll('reports', { role: 'enforcement', contract })
  const identity = { ...point.credential, ca: deployment.rootPem }
  const [audience = ''] = contract.audiences ?? []
  return {
    deployment,
    worker,
    thief,
    identity,
    settings: {
      authority: `https://127.0.0.1:${deployment.agentsPort}`,
      audience,
      origin: ORIGIN,
      identity,
    },
    async open(scope = contract) {
      const opened = await worker.ask('POST', '/v1/leases', { body: { scope } })
      if (opened.status !== 201) throw new Error(opened.text)
      return opened.json.id
    },
    async mint(lease, more = {}) {
      const body = { lease_id: lease, audience, ...more }
      const minted = await worker.ask('POST', '/v1/tokens', { body })
      if (minted.status !== 201) throw new Error(minted.text)
      return minted.json.tokens[0].token
    },
    close: () => deployment.close(),
  }
}

/** A service on a socket of its own. */
export interface Running {
  readonly port: number
  close(): Promise<void>
}

/** What a service tells of a request that reached its handler. */
export interface Handled {
  readonly agent: string
  readonly body: string
}

/** Serves with a certificate of the authority that agents trust. */
export async function listenTls(
  stage: Stage,
  tls: object,
  listener: Parameters<typeof createServer>[1],
): Promise<Running> {
  const { world } = stage.deployment
  const shown = await world.ca.issueServer({ names: ['127.0.0.1'], now: world.clock.now() })
  const certificate = { cert: shown.certificatePem, key: shown.privateKeyPem }
  const server: Server = createServer({ ...tls, ...certificate }, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

type Start = (stage: Stage, handled: (seen: Handled) => void) => Promise<Running>

async function startHono(stage: Stage, handled: (seen: Handled) => void): Promise<Running> {
  const writ = honoWrit(stage.settings)
  const app = new Hono<ProtectedEnv>()
  app.use('/repos/*', writ.protect())
  app.all('/repos/*', async (c) => {
    const seen = { agent: c.get('writ').claims.agent, body: await c.req.text() }
    handled(seen)
    return c.json(seen)
  })
  const running = await listenTls(stage, writ.tls, getRequestListener(app.fetch))
  return closing(running, writ)
}

async function startExpress(stage: Stage, handled: (seen: Handled) => void): Promise<Running> {
  const writ = expressWrit(stage.settings)
  const app = express()
  app.set('trust proxy', true)
  app.enable('case sensitive routing').enable('strict routing')
  app.use('/repos', writ.protect())
  app.all('/repos/*rest', express.text({ type: '*/*' }), (request, response) => {
    const { body } = request as { body?: string }
    const seen = { agent: writOf(request).claims.agent, body: body ?? '' }
    handled(seen)
    response.json(seen)
  })
  return closing(await listenTls(stage, writ.tls, app), writ)
}

async function startFastify(stage: Stage, handled: (seen: Handled) => void): Promise<Running> {
  const writ = fastifyWrit(stage.settings)
  const app = fastify({
    trustProxy: true,
    serverFactory: (handler) => createServer(writ.tls, handler),
  })
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.removeContentTypeParser('application/json')
  app.addHook('onRequest', writ.protect())
  app.all('/repos/*', async (incoming) => {
    const seen = {
      agent: writOf(incoming).claims.agent,
      body: typeof incoming.body === 'string' ? incoming.body : '',
    }
    handled(seen)
    return seen
  })
  await app.ready()
  const running = await listenTls(stage, writ.tls, (incoming, response) =>
    app.routing(incoming, response),
  )
  return closing(running, writ)
}

/** A fetch with a certificate, as a worker's binding is one. */
export function fetchAs({ cert, key, ca }: PointIdentity) {
  const dispatcher = new Agent({ connect: { cert, key, ca } })
  return {
    fetch: (url: string, init: object) =>
      undiciFetch(url, { ...init, dispatcher }) as unknown as Promise<Response>,
    close: () => dispatcher.destroy(),
  }
}

async function startFetch(stage: Stage, handled: (seen: Handled) => void): Promise<Running> {
  const { identity, ...settings } = stage.settings
  const own = fetchAs(identity)
  type Env = { readonly incoming: { readonly socket: unknown } }
  const writ = fetchWrit<readonly [Env]>({
    ...settings,
    fetch: own.fetch,
    // As a worker's edge tells it: the digest of the certificate, and no name.
    peer: (_request, { incoming }) => {
      const shown = (incoming.socket as TLSSocket).getPeerX509Certificate()
      return shown && { certificate: thumbprintOf(new X509Certificate(shown.raw).raw) }
    },
  })
  const handler = writ.protect(async (incoming, { claims }) => {
    const seen = { agent: claims.agent, body: await incoming.text() }
    handled(seen)
    return Response.json(seen)
  })
  const ca = [identity.ca]
  const tls = { ca, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' }
  const listener = getRequestListener((incoming, env) => handler(incoming, env as Env))
  const running = await listenTls(stage, tls, listener)
  return { port: running.port, close: () => Promise.all([running.close(), own.close()]).then() }
}

function closing(running: Running, writ: { close(): void }): Running {
  return {
    port: running.port,
    close: async () => {
      await running.close()
      writ.close()
    },
  }
}

/** One service in each framework, with the same route. */
export const SERVICES: readonly (readonly [string, Start])[] = [
  ['Hono', startHono],
  ['Express', startExpress],
  ['Fastify', startFastify],
  ['a fetch handler', startFetch],
]

/** What a caller saw. */
export interface Seen {
  readonly status: number
  readonly refusal: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  readonly json: any
}

/** What a test sends. */
export interface Sending {
  readonly method?: string
  readonly token?: string | undefined
  readonly body?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
}

/** Calls a service over mutual TLS; the path goes out as it is spelled. */
export async function call(
  stage: Stage,
  as: Peer,
  port: number,
  path: string,
  { method, token, body, headers = {} }: Sending = {},
): Promise<Seen> {
  const dispatcher = new Agent({ connect: { ca: stage.deployment.rootPem, ...as.credential } })
  const answer = await dispatcher.request({
    origin: `https://127.0.0.1:${port}`,
    path,
    method: (method ?? (body === undefined ? 'GET' : 'POST')) as 'GET',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body ?? null,
  })
  const text = await answer.body.text()
  await dispatcher.close()
  const refusal = answer.headers['writ-refusal']
  return {
    status: answer.statusCode,
    refusal: typeof refusal === 'string' ? refusal : undefined,
    headers: answer.headers,
    json: readJson(text),
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
