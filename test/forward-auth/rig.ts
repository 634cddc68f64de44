import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { readProxyTable } from '../../src/forward-auth/proxy-table.ts'
import { freePort } from '../support/free-ports.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { type Credential, TRUST_DOMAIN } from '../support/pki.ts'

/** The protected site of the tests, and the audience of its tokens. */
export const SITE = 'https://reports.example'
export const RESOURCE = 'https://reports.example/'

const TABLE = `
[[proxy]]
agent = "spiffe://${TRUST_DOMAIN}/gateway/edge-nginx"
headers = "original"
certificate = "escaped-pem"
sites = { "${SITE}" = "${RESOURCE}" }

[[proxy]]
agent = "spiffe://${TRUST_DOMAIN}/gateway/edge-caddy"
headers = "forwarded"
certificate = "client-cert"
sites = { "${SITE}" = "${RESOURCE}" }

[[proxy]]
agent = "spiffe://${TRUST_DOMAIN}/gateway/edge-envoy"
headers = "envoy"
certificate = "xfcc"
sites = { "${SITE}" = "${RESOURCE}", "http://plain.example:8080" = "${RESOURCE}" }
`

/** What agents may do at the site. */
export const REPORTS: ScopeRequest = {
  type: 'urn:writ:scope:v1',
  grants: [
    {
      type: 'http',
      hosts: ['reports.example'],
      methods: ['GET', 'POST', 'OPTIONS'],
      paths: ['/weekly/**'],
    },
  ],
  audiences: [RESOURCE],
  limits: { ttl_seconds: 3600, max_uses: 'unlimited', max_depth: 1, max_children: 5 },
}

/** An authority with an agent and the three proxies. */
export interface Scene {
  readonly site: Deployment
  readonly agent: Peer
  readonly other: Peer
  readonly nginx: Peer
  readonly caddy: Peer
  readonly envoy: Peer
  /** A fresh call token of the agent, from a lease of this scope. */
  token(scope?: ScopeRequest, more?: object): Promise<string>
}

/** Opens the authority of the tests. */
export async function openScene(): Promise<Scene> {
  const read = readProxyTable({ name: 'proxies.toml', text: TABLE })
  if (!read.ok) throw new Error(read.problem)
  const limits = { callerRequestsPerMinute: 10_000 }
  const site = await openDeployment(limits, { proxies: read.proxies })
  const edge = (name: string) => site.enroll(name, { role: 'enforcement', contract: REPORTS })
  const agent = await site.enroll('reader', { contract: REPORTS })
  return {
    site,
    agent,
    other: await site.enroll('stranger', { contract: REPORTS }),
    nginx: await edge('edge-nginx'),
    caddy: await edge('edge-caddy'),
    envoy: await edge('edge-envoy'),
    async token(scope = REPORTS, more = {}) {
      const lease = await agent.ask('POST', '/v1/leases', { body: { scope } })
      if (lease.status !== 201) throw new Error(lease.text)
      const body = { lease_id: lease.json.id, audience: RESOURCE, ...more }
      const minted = await agent.ask('POST', '/v1/tokens', { body })
      if (minted.status !== 201) throw new Error(minted.text)
      return minted.json.tokens[0].token
    },
  }
}

/** Whether a program is on this machine. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['version']).error === undefined
}

/** What the upstream saw of a request. */
export interface Arrived {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A real proxy before a real upstream. */
export interface Edge {
  readonly port: number
  readonly arrived: readonly Arrived[]
  readonly said: () => string
  close(): Promise<void>
}

/** What an agent got from a proxy. */
export interface Told {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Program {
  readonly command: string
  readonly words: (folder: string) => readonly string[]
  /** Files to write, beside certificates, from the example's text. */
  readonly files: (folder: string) => Readonly<Record<string, string>>
}

const NGINX: Program = {
  command: 'nginx',
  words: (folder) => ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
  files: (folder) => ({
    // Workers of a master that is root are somebody who may not read the folder.
    'nginx.conf': `${process.getuid?.() === 0 ? 'user root root;' : ''}
daemon off;
pid ${folder}/nginx.pid;
error_log stderr info;
worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  scgi_temp_path ${folder}/scgi;
  uwsgi_temp_path ${folder}/uwsgi;
  include ${folder}/writ.conf;
}
`,
    'writ.conf': readFileSync('examples/nginx/writ.conf', 'utf8'),
  }),
}

const CADDY: Program = {
  command: 'caddy',
  words: (folder) => ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'],
  files: () => ({
    Caddyfile: `{
  admin off
  auto_https off
}
${readFileSync('examples/caddy/Caddyfile', 'utf8')}`,
  }),
}

/** Starts nginx or Caddy with the example's file, as the enforcement point of that name. */
export async function startEdge(scene: Scene, name: 'nginx' | 'caddy'): Promise<Edge> {
  const { site } = scene
  const arrived: Arrived[] = []
  const upstream = createServer(async (incoming, response) => {
    const body = Buffer.concat(await incoming.toArray()).toString('utf8')
    const { method = '', url = '', headers } = incoming
    arrived.push({ method, url, headers, body })
    response.end('report')
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const port = await freePort()
  const folder = join(site.folder, name)
  mkdirSync(folder, { mode: 0o755 })
  const { command, words, files } = name === 'nginx' ? NGINX : CADDY
  const served = await site.world.ca.issueServer({
    names: ['reports.example'],
    now: site.world.clock.now(),
  })
  const texts: Record<string, string> = {
    ...files(folder),
    'ca.crt': site.rootPem,
    'site.crt': served.certificatePem,
    'site.key': served.privateKeyPem,
    'edge.crt': scene[name].credential.cert,
    'edge.key': scene[name].credential.key,
  }
  const upstreamPort = (upstream.address() as AddressInfo).port
  for (const [file, text] of Object.entries(texts)) {
    const here = text
      .replaceAll('/etc/writ', folder)
      .replaceAll('https://authority.internal:9442', `https://127.0.0.1:${site.agentsPort}`)
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${upstreamPort}`)
      .replaceAll('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      .replaceAll(
        'https://reports.example {',
        `https://reports.example:${port} {\n\tbind 127.0.0.1`,
      )
    writeFileSync(join(folder, file), here, { mode: 0o600 })
  }
  const env = { PATH: process.env['PATH'], HOME: folder, XDG_DATA_HOME: folder }
  const child = spawn(command, words(folder), { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
    })
  }
  const exited = once(child, 'exit')
  await untilItListens(port, () => {
    if (child.exitCode !== null) throw new Error(`${command} ended: ${said}`)
  })
  return {
    port,
    arrived,
    said: () => said,
    async close() {
      child.kill('SIGTERM')
      await exited
      upstream.closeAllConnections()
      upstream.close()
    },
  }
}

/** A call of an agent to a proxy. */
export interface CallOrder extends Pick<RequestOptions, 'method'> {
  readonly path?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
  readonly credential?: Credential | undefined
}

/** Sends a request as it is written, and reads the whole answer. */
export async function call(edge: Edge, scene: Scene, order: CallOrder): Promise<Told> {
  const { path = '/weekly/7', headers = {}, method = 'GET', body } = order
  const credential = 'credential' in order ? order.credential : scene.agent.credential
  const sent = request({
    host: '127.0.0.1',
    port: edge.port,
    servername: 'reports.example',
    ca: scene.site.rootPem,
    ...credential,
    agent: false,
    method,
    path,
    headers: { host: 'reports.example', ...headers } as IncomingHttpHeaders,
  })
  const answered = once(sent, 'response')
  sent.end(body)
  const [response] = (await answered) as [NodeJS.ReadableStream & { statusCode: number }]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const { statusCode: status, headers: told } = response as unknown as {
    statusCode: number
    headers: IncomingHttpHeaders
  }
  return { status, headers: told, body: Buffer.concat(chunks).toString('utf8') }
}

async function untilItListens(port: number, check: () => void): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    check()
    const socket = connect(port, '127.0.0.1')
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (open) return
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
  }
  throw new Error(`nothing listens on ${port}`)
}
