import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Running } from '../middleware/stage.ts'
import { ASKS, CALLS, type Face } from './acts.ts'
import { CHAINS } from './drivers/aat.ts'
import { CDP } from './drivers/cdp.ts'
import { COMMAND } from './drivers/command.ts'
import { CRP } from './drivers/crp.ts'
import { FORWARD_AUTH } from './drivers/forward-auth.ts'
import { GATEWAY, HANDLES, PROVEN } from './drivers/gateway.ts'
import { ACTIONS, CONNECTOR, LEASH_ACTIONS, MCP } from './drivers/mcp.ts'
import { middlewareFaces } from './drivers/middleware.ts'
import { OAUTH } from './drivers/oauth.ts'
import { REDEMPTION } from './drivers/redemption.ts'
import { REST } from './drivers/rest.ts'
import { openStage, type Stage, type Word } from './stage.ts'

const services: Running[] = []
let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(async () => {
  await Promise.all(services.map((service) => service.close()))
  await stage?.close()
})

const ASKED = [REST, OAUTH, CRP, CDP, MCP, CONNECTOR, COMMAND]
const CALLED = [
  ...[REDEMPTION, GATEWAY, PROVEN, HANDLES, ACTIONS, LEASH_ACTIONS, FORWARD_AUTH],
  CHAINS,
  ...middlewareFaces(services),
]

describe.each(ASKED)('$name: an agent asks', (face) => tried(face, ASKS))

describe.each(CALLED)('$name: a call', (face) => tried(face, CALLS))

/** Each act has one word, whichever face it goes through. */
function tried<Act extends string>({ tries }: Face<Act>, words: Readonly<Record<Act, Word>>) {
  it.each(Object.entries(words) as [Act, Word][])('%s: %s', async (act, word) => {
    const attempt = tries[act]
    if (typeof attempt === 'string') return expect(attempt).toMatch(/^not expressible: \w/)
    expect(await attempt(stage)).toBe(word)
  })
}
