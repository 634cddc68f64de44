import { describe, expect, it } from 'vitest'
import type { AgentUri } from '../../../src/domain/ids.ts'
import {
  delegateAllowed,
  delegateCovers,
  isDelegatePattern,
} from '../../../src/domain/scope/pattern.ts'
import { delegateAutomaton, isIncluded } from '../../../src/domain/scope/prove-language.ts'

describe('isDelegatePattern', () => {
  it.each(['spiffe://a.example/agent/x', 'spiffe://a.example/agent/**', 'spiffe://a.example/**'])(
    '%s',
    (pattern) => {
      expect(isDelegatePattern(pattern)).toBe(true)
    },
  )

  it.each([
    '*',
    '**',
    '/**',
    'spiffe://**',
    'spiffe:///**',
    'spiffe://*.example/**',
    'spiffe://a.example',
    'spiffe://a.example/',
    'spiffe://a.example//**',
    'spiffe://a.example/*',
    'spiffe://a.example/*/x',
    'spiffe://a.example/**/x',
    'spiffe://a.example/**/**',
    'spiffe://a.example/x**',
    'spiffe://a.example/../**',
    'SPIFFE://a.example/**',
    'https://a.example/**',
    '',
  ])('not %j', (pattern) => {
    expect(isDelegatePattern(pattern)).toBe(false)
  })
})

describe('delegateAllowed', () => {
  it.each([
    [[], 'spiffe://a.b/x', false],
    [['spiffe://a.b/x'], 'spiffe://a.b/x', true],
    [['spiffe://a.b/x'], 'spiffe://a.b/x/y', false],
    [['spiffe://a.b/x'], 'spiffe://a.b/X', false],
    [['spiffe://a.b/q', 'spiffe://a.b/x/**'], 'spiffe://a.b/x/y', true],
    [['spiffe://a.b/x/**'], 'spiffe://a.b/x/y/z', true],
    [['spiffe://a.b/x/**'], 'spiffe://a.b/x', false],
    [['spiffe://a.b/x/**'], 'spiffe://a.b/xy/z', false],
    [['spiffe://a.b/**'], 'spiffe://a.b/x', true],
    [['spiffe://a.b/**'], 'spiffe://a.b.c/x', false],
    [['spiffe://a.b/**'], 'spiffe://c.d/x', false],
  ] as const)('%j and %s: %s', (patterns, agent, allowed) => {
    expect(delegateAllowed(patterns, agent as AgentUri)).toBe(allowed)
  })
})

describe('delegateCovers, and the second checker', () => {
  const patterns = [
    'spiffe://a.b/**',
    'spiffe://a.b/x',
    'spiffe://a.b/x/**',
    'spiffe://a.b/x/y',
    'spiffe://a.b/x/y/**',
    'spiffe://a.b/xy/**',
    'spiffe://a.b.c/**',
    'spiffe://c.d/x',
  ]
  it('covers exactly itself and what lies below', () => {
    const covered = patterns.map((parent) =>
      patterns.filter((child) => delegateCovers(parent, child)),
    )
    expect(covered).toEqual([
      patterns.slice(0, 6),
      [patterns[1]],
      patterns.slice(2, 5),
      [patterns[3]],
      [patterns[4]],
      [patterns[5]],
      [patterns[6]],
      [patterns[7]],
    ])
    const proven = patterns.map((parent) =>
      patterns.filter((child) => isIncluded(delegateAutomaton(child), delegateAutomaton(parent))),
    )
    expect(proven).toEqual(covered)
  })
})
