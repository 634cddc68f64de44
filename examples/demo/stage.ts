import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiCall, createClient } from '../../src/client/client.ts'
import { type Authority, startAuthority } from './authority.ts'
import { type AgentProcess, runCommand, startAgent, startUpstream } from './child.ts'
import type { Endings } from './endings.ts'
import type { Place } from './scopes.ts'

/** The resource id of the one route: what call tokens name as their audience. */
const RESOURCE = 'https://gateway.demo.example/upstream'

/** The processes of the demo and how to talk to them. */
export interface Stage {
  readonly planner: AgentProcess
  readonly researcher: AgentProcess
  readonly summarizer: AgentProcess
  readonly place: Place
  readonly addresses: Authority['addresses']
  /** The temporary folder, gone after `close`. */
  readonly folder: string
  /** Asks the API as the owner; throws when it refuses. */
  owner<T>(call: ApiCall): Promise<T>
  /** Kills authority and gateway as a crash would and starts them on the same data and ports. */
  crashAndRestart(): Promise<void>
  /** Runs a `writ` command as the owner; answers its stdout, throws unless it ends with 0. */
  writ(...words: readonly string[]): Promise<string>
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
      '[[route]]',
      'name = "upstream"',
      `upstream = "http://127.0.0.1:${upstream.port}"`,
      `resource = "${RESOURCE}"`,
    ].join('\n'),
    endings,
  )

  const { addresses, token } = authority
  const open = () => createClient({ address: addresses.api, bearer: token })
  let api = open()
  endings.add(() => api.close())
  const agent = (name: string) => startAgent(name, `spiffe://demo.writ/agent/${name}`, endings)
  return {
    planner: agent('planner'),
    researcher: agent('researcher'),
    summarizer: agent('summarizer'),
    place: {
      upstreamPort: upstream.port,
      audience: RESOURCE,
      url: `${addresses.gateway}/upstream`,
    },
    addresses,
    folder,
    async owner<T>(call: ApiCall): Promise<T> {
      const answer = await api.call<T>(call)
      if (answer.ok) return answer.value
      throw new Error(`the owner was refused: ${JSON.stringify(answer.problem)}`)
    },
    async crashAndRestart() {
      await authority.restart()
      await api.close()
      api = open()
    },
    writ: (...words) => runCommand(words, { WRIT_ADDR: addresses.api, WRIT_TOKEN: token }),
    said: () => authority.said(),
    close: () => endings.run(),
  }
}
