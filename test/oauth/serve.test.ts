import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { serve } from '../../src/compose/serve.ts'
import { readConfig } from '../../src/settings/config.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-oauth-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function tokenEndpoint(flags: Record<string, string>): Promise<[string, string]> {
  const read = readConfig({
    flags: {
      data_dir: join(folder, 'data'),
      keys_dir: join(folder, 'keys'),
      'log.level': 'silent',
      'listeners.api': '127.0.0.1:0',
      'listeners.agents': '127.0.0.1:0',
      ...flags,
    },
  })
  if (!read.ok) throw new Error(read.problem)
  const serving = await serve(read.config, ['authority'])
  try {
    const answer = await fetch(`${serving.api}/.well-known/oauth-authorization-server`)
    const { token_endpoint } = (await answer.json()) as { token_endpoint: string }
    return [token_endpoint, serving.agents ?? '']
  } finally {
    await serving.close()
  }
}

describe('a process that serves tells where its token endpoint is', () => {
  it('at the first server name and the port of its agents listener', async () => {
    const [endpoint, agents] = await tokenEndpoint({})
    expect(endpoint).toBe(`https://localhost:${new URL(agents).port}/oauth2/token`)
  })

  it('or at the agents_url of its settings, which is an origin', async () => {
    const [endpoint] = await tokenEndpoint({ agents_url: 'https://agents.example:8443' })
    expect(endpoint).toBe('https://agents.example:8443/oauth2/token')
    for (const agents_url of ['http://agents.example', 'https://agents.example/x', 'x']) {
      expect(readConfig({ flags: { agents_url } }).ok).toBe(false)
    }
  })
})
