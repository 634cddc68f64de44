import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiCall, createClient } from '../../src/client/client.ts'
import { ask } from './ask.ts'
import { type Authority, startAuthority } from './authority.ts'
import {
  type AgentProcess,
  runCommand,
  startAgent,
  startUpstream,
  type UpstreamProcess,
} from './child.ts'
import type { Endings } from './endings.ts'
import type { Asked } from './orders.ts'
import type { Place, Places } from './scopes.ts'

/** What call tokens name as their audience begins like this; the route's name is its end. */
const RESOURCES = 'https://gateway.demo.example/'
/** What the key of the route `keyed` is called; only its name is known to agents. */
export const CREDENTIAL = 'upstream-key'
/** What each call of the route `upstream` takes of a budget, in cents. */
export const CALL_CENTS = 2

/** The processes of the demo and how to talk to them. */
export interface Stage extends Places {
  readonly planner: AgentProcess
  readonly researcher: AgentProcess
  readonly summarizer: AgentProcess
  /** Nobody has enrolled it; it has to be invited. */
  readonly clerk: AgentProcess
  readonly upstream: UpstreamProcess
  readonly addresses: Authority['addresses']
  /** The temporary folder, gone after `close`. */
  readonly folder: string
  /** Asks the API as the owner; throws when it refuses. */
  owner<T>(call: ApiCall): Promise<T>
  /** As `owner`, where a refusal is an answer. */
  asOwner(call: ApiCall): Promise<Asked>
  /** Asks the API as whoever has this token; a refusal is an answer. */
  person(token: string, call: ApiCall): Promise<Asked>
  /** Kills authority and gateway as a crash would and starts them on the same data and ports. */
  crashAndRestart(): Promise<void>
  /** Starts them again with these settings, on the same data and ports. */
  restart(settings: Readonly<Record<string, string>>): Promise<void>
  /** Runs a `writ` command as the owner; answers its stdout, throws unless it ends with 0. */
  writ(...words: readonly string[]): Promise<string>
  /** Remembers a secret, to look for it in the end where it must not be; answers it. */
  secret(text: string): string
  readonly secrets: readonly string[]
  /** Everything that authority and gateway wrote to their streams. */
  said(): string
  close(): Promise<void>
}

/** Sets the stage. What was started is in `endings`, also when this throws halfway. */
export async function setStage(endings: Endings): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'writ-demo-'))
  endings.add(() => rm(folder, { recursive: true, force: true }))
  const upstream = await startUpstream(endings)
  const authority = await startAuthority(
    folder,
    [
      ...routeLines('upstream', upstream.port),
      `cost = [{ unit = "USD", decimals = 2, amount = ${CALL_CENTS} }]`,
      ...routeLines('keyed', upstream.port),
      `credential = "${CREDENTIAL}"`,
    ].join('\n'),
    endings,
  )

  const { addresses, token } = authority
  const open = () => createClient({ address: addresses.api, bearer: token })
  let api = open()
  endings.add(() => api.close())
  const secrets: string[] = []
  const reconnect = async () => {
    await api.close()
    api = open()
  }
  const placeOf = (route: string): Place => ({
    upstreamPort: upstream.port,
    audience: RESOURCES + route,
    url: `${addresses.gateway}/${route}`,
  })
  const agent = (name: string) => startAgent(name, `spiffe://demo.writ/agent/${name}`, endings)
  return {
    planner: agent('planner'),
    researcher: agent('researcher'),
    summarizer: agent('summarizer'),
    clerk: agent('clerk'),
    upstream,
    place: placeOf('upstream'),
    keyed: placeOf('keyed'),
    addresses,
    folder,
    async owner<T>(call: ApiCall): Promise<T> {
      const answer = await api.call<T>(call)
      if (answer.ok) return answer.value
      throw new Error(`the owner was refused: ${JSON.stringify(answer.problem)}`)
    },
    asOwner: (call) => ask(api, call),
    async person(bearer, call) {
      const client = createClient({ address: addresses.api, bearer })
      try {
        return await ask(client, call)
      } finally {
        await client.close()
      }
    },
    async crashAndRestart() {
      await authority.crashAndRestart()
      await reconnect()
    },
    async restart(settings) {
      await authority.restart(settings)
      await reconnect()
    },
    writ: (...words) => runCommand(words, { WRIT_ADDR: addresses.api, WRIT_TOKEN: token }),
    secrets,
    secret(text) {
      secrets.push(text)
      return text
    },
    said: () => authority.said(),
    close: () => endings.run(),
  }
}

function routeLines(name: string, port: number): readonly string[] {
  return [
    '[[route]]',
    `name = "${name}"`,
    `upstream = "http://127.0.0.1:${port}"`,
    `resource = "${RESOURCES}${name}"`,
  ]
}
