import { type Role, serve } from '../../src/compose/serve.ts'
import type { Config } from '../../src/settings/config.ts'
import { answerProfiler } from './profiler.ts'

/** What of Writ a process is, on the data and keys its parent names. */
interface Setup {
  readonly config: Config
  readonly roles: readonly Role[]
}

process.once('message', async ({ config, roles }: Setup) => {
  const { api, agents, gateway } = await serve(config, roles, {})
  process.send?.({ api, agents, gateway })
})
answerProfiler()
process.on('disconnect', () => process.exit(0))
