import { describe, expect, it } from 'vitest'
import { runWrit } from '../support/cli-process.ts'

describe('writ connector, for projects and hosts', () => {
  it('LEASH-45: prints the section of AGENTS.md with the categories', async () => {
    const words = ['connector', 'agents-md', '--category', 'api_key', '--category', 'database']
    const { exit, stdout } = await runWrit(words)
    expect(exit).toBe(0)
    expect(stdout).toMatch(/^# Secrets\n/)
    expect(stdout).toContain('- api_key\n- database\n')
    expect(stdout).toContain('leash/request_secret')
  })

  it('knows no other categories', async () => {
    const { exit, stderr } = await runWrit(['connector', 'agents-md', '--category', 'passwords'])
    expect([exit, stderr]).toEqual([2, expect.stringContaining('api_key')])
  })

  it('LEASH-44: prints what a host of MCP reads, and no secret', async () => {
    const env = { WRIT_KEY_PASSPHRASE: 'correct horse battery staple' }
    const words = ['--identity', '/tmp/worker', 'connector', 'config']
    const { exit, stdout } = await runWrit(words, { env })
    expect(exit).toBe(0)
    const { leash } = JSON.parse(stdout).mcpServers
    expect(leash.args.slice(1)).toEqual(['connector', 'run', '--identity', '/tmp/worker'])
    expect(leash.env.WRIT_AGENTS_ADDR).toMatch(/^https:/)
    expect(stdout).not.toContain('correct horse')
  })

  it('beats no slower than every ten seconds', async () => {
    const words = ['connector', 'run', '--identity', '/nowhere', '--heartbeat', '60']
    const { exit, stderr } = await runWrit(words)
    expect([exit, stderr]).toEqual([2, expect.stringContaining('10 s')])
  })
})
