import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentUri, PrincipalId } from '../../src/domain/ids.ts'
import type { PolicyEffect, PolicyInput } from '../../src/domain/policy.ts'
import { cap } from '../../src/domain/scope/meet.ts'
import { permits } from '../../src/domain/scope/permit.ts'
import { provesWithin } from '../../src/domain/scope/prove.ts'
import { readPolicySet } from '../../src/policy/read-set.ts'
import type { PolicySet } from '../../src/policy/set.ts'
import { CONTRACT, calling, FACTS, opening, rule, scopeOf, setOf } from './samples.ts'

const METHODS = ['GET', 'POST', 'DELETE'] as const
const PATHS = ['/**', '/repos/**', '/repos/*/x', '/repos/a/x', '/user'] as const
const CALLS = ['/repos/a/x', '/repos/b/x', '/repos/a/y', '/user', '/admin'] as const
const AGENTS = ['planner', 'worker'] as const

const some = <T>(values: readonly T[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 })
const listed = (values: readonly string[]) => JSON.stringify(values)

/** The lines of a rule: whom it is about, and what it allows or denies. */
const allowing = fc
  .record({
    agents: some(AGENTS),
    user: fc.constantFrom('any', 'alice', 'bob'),
    mode: fc.constantFrom('auto', 'prompt'),
    methods: some(METHODS),
    paths: some(PATHS),
    forbidden: fc.option(fc.constantFrom('/repos/a/x', '/user')),
    uses: fc.integer({ min: 1, max: 100 }),
  })
  .filter(
    ({ paths, forbidden }) => forbidden === null || !paths.every((path) => path === forbidden),
  )
  .map(({ agents, user, mode, methods, paths, forbidden, uses }) => [
    `match.agents = ${listed(agents.map((name) => `spiffe://writ.test/agent/${name}`))}`,
    ...(user === 'any' ? [] : [`match.users = ["${user}"]`]),
    `approval.mode = "${mode}"`,
    '[policy.allow]',
    'hosts = ["api.github.com"]',
    `methods = ${listed(methods)}`,
    `paths = ${listed(paths)}`,
    `max_requests = ${uses}`,
    ...(forbidden === null ? [] : [`forbidden_paths = ["${forbidden}"]`]),
  ])
const stopping = fc
  .record({
    user: fc.constantFrom('alice', 'bob'),
    mode: fc.constantFrom('deny', 'quarantine'),
    paths: fc.option(some(PATHS)),
  })
  .map(({ user, mode, paths }) => [
    `match.users = ["${user}"]`,
    ...(paths === null ? [] : [`match.request = { paths = ${listed(paths)} }`]),
    `approval.mode = "${mode}"`,
  ])
const files = fc
  .array(fc.oneof({ weight: 3, arbitrary: allowing }, { weight: 1, arbitrary: stopping }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((rules) => rules.map((lines, index) => rule(`r${index}`, lines)))

const facts = fc
  .record({ user: fc.constantFrom('alice', 'bob'), agent: fc.constantFrom(...AGENTS) })
  .map(({ user, agent }) => ({
    user: user as PrincipalId,
    agent: { ...FACTS.agent, uri: `spiffe://writ.test/agent/${agent}` as AgentUri },
    openedUnder: ['r0', 'r2'],
  }))
const grants = fc
  .record({ known: facts, methods: some(METHODS), paths: some(PATHS), more: some(PATHS) })
  .map(({ known, methods, paths, more }) => {
    const first = scopeOf(methods, paths)
    return opening({ ...first, grants: [...first.grants, ...scopeOf(['GET'], more).grants] }, known)
  })
const calls = fc
  .record({ known: facts, method: fc.constantFrom(...METHODS), path: fc.constantFrom(...CALLS) })
  .map(({ known, method, path }) => calling(method, `https://api.github.com${path}`, known))
const inputs: fc.Arbitrary<PolicyInput> = fc.oneof(grants, calls)

/** How much an effect lets through; a quarantine as little as a deny. */
const WIDTH: Readonly<Record<PolicyEffect, number>> = {
  allow: 3,
  require_approval: 2,
  quarantine: 0,
  deny: 0,
}

/** A set that contradicts itself is none; such are drawn again. */
function soundSet(texts: readonly string[]): PolicySet {
  const read = readPolicySet(texts.map((text, index) => ({ name: `${index}.toml`, text })))
  fc.pre(read.ok)
  return read.ok ? read.set : setOf()
}

const RUNS = { numRuns: 400 }

describe('laws of policies', () => {
  it('PROXY-02: the same input gets the same answer, whatever was asked before', () => {
    fc.assert(
      fc.property(files, inputs, inputs, (texts, input, other) => {
        const set = soundSet(texts)
        const first = JSON.stringify(set.decide(input))
        set.decide(other)
        expect(JSON.stringify(set.decide(input))).toBe(first)
        expect(JSON.stringify(soundSet(texts).decide(input))).toBe(first)
      }),
      RUNS,
    )
  })

  it('the order of files is of no account', () => {
    fc.assert(
      fc.property(files, inputs, (texts, input) => {
        const one = soundSet(texts).decide(input)
        expect(soundSet(texts.toReversed()).decide(input)).toEqual(one)
        expect(soundSet([texts.toReversed().join('\n')]).decide(input)).toEqual(one)
      }),
      RUNS,
    )
  })

  it('one more rule that denies or quarantines never widens', () => {
    fc.assert(
      fc.property(files, stopping, inputs, (texts, more, input) => {
        const wider = soundSet([...texts, rule('more', more)])
        const before = soundSet(texts).decide(input)
        const after = wider.decide(input)
        expect(WIDTH[after.effect]).toBeLessThanOrEqual(WIDTH[before.effect])
        if (after.effect === 'allow') expect(after).toEqual(before)
      }),
      RUNS,
    )
  })

  it('a rule that is about somebody else changes nothing', () => {
    fc.assert(
      fc.property(files, allowing, inputs, (texts, lines, input) => {
        const other = lines.map((line) =>
          line.startsWith('match.agents') ? 'match.agents = ["spiffe://writ.test/agent/z"]' : line,
        )
        const before = soundSet(texts).decide(input)
        expect(soundSet([...texts, rule('more', other)]).decide(input)).toEqual(before)
      }),
      RUNS,
    )
  })

  it('I4: what is granted under a ceiling is within it, and its calls are not denied by default', () => {
    fc.assert(
      fc.property(files, grants, calls, (texts, question, call) => {
        const set = soundSet(texts)
        const { effect, ceiling } = set.decide(question)
        if (effect === 'deny' || effect === 'quarantine') {
          expect(ceiling).toBeUndefined()
          return
        }
        if (ceiling === undefined) throw new Error('what is allowed has a ceiling')
        const granted = cap(question.asked, [CONTRACT, ceiling])
        if (!granted.ok) throw new Error('what is allowed can be granted')
        expect(provesWithin(granted.value, ceiling)).toBe(true)
        const same = { ...call, user: question.user, agent: question.agent }
        if (!permits(ceiling, same.request).permitted) return
        // Nothing within a grant is denied but by a rule: default deny is for what was not granted.
        const decided = set.decide(same)
        if (decided.effect === 'deny') expect(decided.rules).not.toEqual([])
      }),
      RUNS,
    )
  })
})
