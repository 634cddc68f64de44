import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ASKS, CALLS, type Face } from './acts.ts'
import { GATEWAY, HANDLES, PROVEN } from './drivers/gateway.ts'
import { OAUTH } from './drivers/oauth.ts'
import { REDEMPTION } from './drivers/redemption.ts'
import { REST } from './drivers/rest.ts'
import { openStage, type Stage, type Word } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.close())

describe.each([REST, OAUTH])('$name: an agent asks', (face) => tried(face, ASKS))

describe.each([REDEMPTION, GATEWAY, PROVEN, HANDLES])('$name: a call', (face) => tried(face, CALLS))

/** Each act has one word, whichever face it goes through. */
function tried<Act extends string>({ tries }: Face<Act>, words: Readonly<Record<Act, Word>>) {
  it.each(Object.entries(words) as [Act, Word][])('%s: %s', async (act, word) => {
    const attempt = tries[act]
    if (typeof attempt === 'string') return expect(attempt).toMatch(/^not expressible: \w/)
    expect(await attempt(stage)).toBe(word)
  })
}
