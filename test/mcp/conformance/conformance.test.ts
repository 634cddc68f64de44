import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { CONFORMANCE, PASSES, REASONS, REVISIONS } from './expected.ts'
import { runScenarios, surprises } from './run.ts'

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const TOOL = at('node_modules/@modelcontextprotocol/conformance/dist/index.js')
const canRun = existsSync(TOOL) && Number(process.versions.node.split('.')[0]) >= 22

describe('LEASH-49: the conformance tool of MCP', () => {
  it.skipIf(!canRun)(
    'finds every scenario as listed (skipped where it is not installed or Node is older than 22)',
    async () => {
      expect(surprises(await runScenarios([process.execPath, TOOL]))).toEqual([])
    },
    300_000,
  )

  it('what it finds stands in docs/faces/mcp.md', () => {
    const text = readFileSync(at('docs/faces/mcp.md'), 'utf8')
    expect(text).toContain(CONFORMANCE)
    for (const revision of REVISIONS) {
      for (const name of PASSES[revision]) expect(text).toContain(`\`${name}\``)
    }
    for (const [names, reason] of REASONS) {
      for (const name of names) expect(text).toContain(`\`${name}`)
      expect(text.replaceAll(/\s+/g, ' ')).toContain(reason)
    }
  })
})
