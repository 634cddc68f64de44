import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AatTools } from '../../src/domain/aat/link.ts'
import { scopeBelow } from '../../src/domain/aat/scope-below.ts'
import { readAatTools, stepWidened } from '../../src/domain/aat/tools.ts'
import { objectionToJson } from '../../src/domain/scope/argument-map.ts'
import { completeRoot } from '../../src/domain/scope/complete.ts'
import { permits } from '../../src/domain/scope/permit.ts'
import { within } from '../../src/domain/scope/subset.ts'
import type { ArgumentMap, Json, Scope } from '../../src/domain/scope/types.ts'
import { type Built, type Call, derive, prove, root } from '../support/aat.ts'
import { verdictOf } from '../support/aat-verdict.ts'
import { grant } from './scope-worlds.ts'

const SERVER = 'https://mcp.example'

/** A map of arguments of the small world of scopes; the empty one is there too. */
const argumentMap: fc.Arbitrary<ArgumentMap> = grant.map((drawn) =>
  drawn.type === 'tool' ? drawn.arguments : {},
)
const someTools = fc.dictionary(fc.constantFrom('search', 'read'), argumentMap, { maxKeys: 2 })
const value = fc.constantFrom<Json>(0, 1, 2, 'a', 'b', true, null, [], [0], [0, 1], ['a', 1])
const call: fc.Arbitrary<Call> = fc.record({
  tool: fc.constantFrom('search', 'read'),
  args: fc.dictionary(fc.constantFrom('p', 'q', 'r'), value, { maxKeys: 3 }),
})

function toolsOf(written: object): AatTools {
  const tools = readAatTools(written)
  if (typeof tools === 'string') throw new Error(tools)
  return tools
}

function admits(tools: AatTools, { tool, args }: Call): boolean {
  const map = tools.get(tool)
  return map !== undefined && objectionToJson(map, args as never) === undefined
}

/** Half of the links repeat what is above, so that long chains often stand. */
function narrowed(above: object, drawn: object, repeats: boolean): object {
  return repeats ? above : drawn
}

describe('I4 along chains', () => {
  it('what the last link of a chain admits, every link above it admits', () => {
    let stood = 0
    fc.assert(
      fc.property(
        someTools,
        someTools,
        fc.array(call, { maxLength: 20 }),
        (above, below, calls) => {
          const [parent, child] = [toolsOf(above), toolsOf(below)]
          if (stepWidened(child, parent) !== undefined) return
          stood += 1
          for (const one of calls) if (admits(child, one)) expect(admits(parent, one)).toBe(true)
        },
      ),
      { numRuns: 3_000 },
    )
    expect(stood).toBeGreaterThan(50)
  })

  it('no chain with real signatures permits what its root does not', async () => {
    const link = fc.tuple(someTools, fc.boolean())
    await fc.assert(
      fc.asyncProperty(
        someTools,
        fc.array(link, { minLength: 1, maxLength: 3 }),
        fc.array(call, { minLength: 1, maxLength: 4 }),
        async (first, links, calls) => {
          let built: Built = root({ tools: first })
          let tools: object = first
          for (const [drawn, repeats] of links) {
            tools = narrowed(tools, drawn, repeats)
            built = derive(built, { tools })
          }
          for (const one of calls) {
            const verdict = await verdictOf(built.chain, prove(built, one), one)
            if (verdict === 'permit') expect(admits(toolsOf(first), one)).toBe(true)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('the lease of a link covers no more than above it, and all that both allow', () => {
    const ceiling: fc.Arbitrary<Scope> = fc
      .array(fc.tuple(fc.constantFrom('search', 'read'), argumentMap), { maxLength: 3 })
      .map((grants) =>
        completeRoot({
          type: 'urn:writ:scope:v1',
          grants: grants.map(([tool, map]) => ({
            type: 'tool',
            server: SERVER,
            tool,
            arguments: map,
          })),
          audiences: [SERVER],
        }),
      )
    fc.assert(
      fc.property(ceiling, someTools, fc.array(call, { maxLength: 10 }), (above, said, calls) => {
        const tools = toolsOf(said)
        const scope = scopeBelow(tools, above)
        expect(within(scope, above).within).toBe(true)
        for (const one of calls) {
          const request = {
            type: 'tool' as const,
            server: SERVER,
            tool: one.tool,
            arguments: one.args as never,
          }
          if (permits(above, request).permitted && admits(tools, one)) {
            expect(permits(scope, request).permitted).toBe(true)
          }
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
