import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent as Connections, type Dispatcher, request } from 'undici'
import { createAgentRequest } from '../../../src/pki/csr.ts'
import { MAIN, type Ran, READER, runWrit } from '../cli-process.ts'
import { freePorts } from '../free-ports.ts'
import { doneWithin } from './done-within.ts'
import { unpacked } from './views.ts'
import type { Witness } from './witness.ts'

/** Addresses of the listeners of a deployment. */
export interface Listeners {
  readonly api: string
  readonly agents: string
  readonly gateway: string
  readonly handles: string
}

/** A request; `once` names the place of an answer that tells a secret its only time. */
export interface Ask {
  readonly body?: unknown
  readonly raw?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly once?: string
}

/** An answer. */
export interface Seen {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  readonly json: any
}

/** Somebody who asks at one listener; each answer is seen by the witness. */
export type Asks = (method: string, path: string, ask?: Ask) => Promise<Seen>

/** An enrolled agent: at the API and at the gateway. */
export interface Member {
  readonly uri: string
  readonly key: string
  readonly certificate: string
  readonly ca: string
  readonly ask: Asks
  readonly call: Asks
  readonly connections: Dispatcher
}

/** A `writ serve` of its own process with everything switched on. */
export interface Deployment {
  readonly folder: string
  readonly at: Listeners
  readonly child: ChildProcess
  readonly ownerToken: string
  readonly ownerFile: string
  /** Everything on stdout and stderr. */
  readonly said: () => string
  bearer(who: string, token: string, at?: string): Asks
  enroll(owner: Asks, name: string, body: object): Promise<Member>
  /** Runs the command; its output is seen by the witness. */
  writ(place: string, words: readonly string[], stdin?: string, env?: object): Promise<Ran>
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** Starts it; `words` and `env` beside the usual ones. */
export async function startDeployment(
  folder: string,
  witness: Witness,
  given: { readonly words: readonly string[]; readonly env: Readonly<Record<string, string>> },
): Promise<Deployment> {
  const [api, agents, gateway, handles] = await freePorts(4)
  const at = {
    api: `http://127.0.0.1:${api}`,
    agents: `https://127.0.0.1:${agents}`,
    gateway: `https://127.0.0.1:${gateway}`,
    handles: `http://127.0.0.1:${handles}`,
  }
  const words = [
    ...['serve', '--json', '--log-level', 'debug'],
    ...['--data-dir', join(folder, 'data'), '--keys-dir', join(folder, 'keys')],
    ...['--api', `127.0.0.1:${api}`, '--agents', `127.0.0.1:${agents}`],
    ...['--gateway', `127.0.0.1:${gateway}`, '--handles', `127.0.0.1:${handles}`],
  ]
  const env = { PATH: process.env['PATH'], ...given.env }
  const child = spawn(process.execPath, ['--import', READER, MAIN, ...words, ...given.words], {
    env,
    cwd: folder,
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
    })
  }
  const exited = once(child, 'exit')
  const ready = once(child.stdout, 'data') as Promise<[Buffer]>
  const first = await Promise.race([ready, exited.then(() => undefined)])
  if (first === undefined) throw new Error(`writ serve ended: ${said}`)
  const { owner_token_file: ownerFile } = JSON.parse(String(first[0]))
  if (ownerFile === undefined) throw new Error(`writ serve ended: ${said}`)
  const ownerToken = readFileSync(ownerFile, 'utf8').trim()
  const bearer = (who: string, token: string, where = at.api) =>
    asker(witness, who, where, { headers: { authorization: `Bearer ${token}` } })
  const writ = async (place: string, line: readonly string[], stdin?: string, more = {}) => {
    const surroundings = { WRIT_ADDR: at.api, WRIT_AGENTS_ADDR: at.agents }
    const ran = await runWrit(line, {
      env: { ...surroundings, WRIT_GATEWAY_ADDR: at.gateway, ...more },
      ...(stdin === undefined ? {} : { stdin }),
    })
    witness.saw(`${place}: stdout`, ran.stdout)
    witness.saw(`${place}: stderr`, ran.stderr)
    return ran
  }
  return {
    ...{ folder, at, child, ownerToken, ownerFile, bearer, writ },
    said: () => said,
    enroll: (owner, name, body) => enroll({ witness, at, owner }, name, body),
    async end(signal) {
      child.kill(signal)
      await doneWithin(exited, 10_000)
    },
  }
}

async function enroll(
  { witness, at, owner }: { witness: Witness; at: Listeners; owner: Asks },
  name: string,
  body: object,
): Promise<Member> {
  const uri = `spiffe://writ.local/agent/${name}`
  const { csrPem: csr, privateKeyPem: key } = await createAgentRequest(
    uri as Parameters<typeof createAgentRequest>[0],
  )
  const { json } = await owner('POST', '/v1/agents', { body: { name, csr, ...body } })
  const { certificate, ca } = json
  const connections = new Connections({ connect: { ca, cert: certificate, key } })
  const as = (where: string) => asker(witness, name, where, { connections })
  return { uri, key, certificate, ca, connections, ask: as(at.agents), call: as(at.gateway) }
}

/** Somebody at a listener. Each answer, head and body, is kept at a place of its own. */
export function asker(
  witness: Witness,
  who: string,
  origin: string,
  as: { readonly headers?: Readonly<Record<string, string>>; readonly connections?: Dispatcher },
): Asks {
  return async (method, path, ask = {}) => {
    const body = ask.raw ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body))
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await request(`${origin}${path}`, {
      method: method as 'GET',
      headers: { ...headers, ...as.headers, ...ask.headers },
      body: body ?? null,
      signal: AbortSignal.timeout(20_000),
      ...(as.connections === undefined ? {} : { dispatcher: as.connections }),
    })
    const bytes = unpacked(await readAll(answer.body))
    const [plain] = path.split('?')
    const place = ask.once ?? `answer to ${who}: ${method} ${plain}`
    witness.saw(place, `${answer.statusCode} ${JSON.stringify(answer.headers)}`, bytes)
    const text = bytes.toString('utf8')
    const isJson = String(answer.headers['content-type']).endsWith('json')
    const json = isJson && text !== '' ? JSON.parse(text) : undefined
    return { status: answer.statusCode, headers: answer.headers, text, json }
  }
}

/** What came of a body, also when it was broken off. */
async function readAll(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of body) chunks.push(Buffer.from(chunk))
  } catch {}
  return Buffer.concat(chunks)
}

/** An answer that has to be a success. */
export async function done(seen: Promise<Seen>): Promise<Seen['json']> {
  const { status, text, json } = await seen
  if (status >= 300) throw new Error(`${status} ${text}`)
  return json
}

/** A file that nobody else may read. */
export function secretFile(folder: string, name: string, text: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, name)
  writeFileSync(file, text, { mode: 0o600 })
  return file
}
