import { describe, expect, it } from 'vitest'
import { hostCovers, hostMatches, isHost, isHostPattern } from '../../src/domain/scope/host.ts'
import { isPathPattern, pathCovers, pathMatches, pathMeet } from '../../src/domain/scope/path.ts'
import { hostAutomaton, isIncluded, pathAutomaton } from '../../src/domain/scope/prove-language.ts'
import { Bits, compare, extents, sequences } from './scope-bits.ts'

/** The meaning of a host pattern, as the sentence of protocol §5 says it. */
function standsForHost(pattern: string, host: string): boolean {
  const [first = '', ...rest] = pattern.split('.')
  if (!first.startsWith('*')) return pattern === host
  const labels = host.split('.')
  const more = labels.length - rest.length
  const ends = labels.slice(more).join('.') === rest.join('.')
  return ends && (first === '*' ? more === 1 : more >= 1)
}

/** The meaning of a path pattern, as the sentence of protocol §5 says it. */
function standsForPath(pattern: readonly string[], path: readonly string[]): boolean {
  const [head, ...tail] = pattern
  const [first, ...rest] = path
  if (head === undefined || first === undefined) return head === undefined && first === undefined
  if (head === '**') return true
  return (head === '*' ? first !== '' : head === first) && standsForPath(tail, rest)
}

const names = [2, 3].flatMap((length) => sequences(['a', 'b', 'c'], length).map((l) => l.join('.')))
const hostPatterns = [
  ...names,
  ...names.map((name) => `*.${name}`),
  ...names.map((name) => `**.${name}`),
  ...['10.0.0.1', '8.8.8.8', '[::1]', '[2600::1]', '*.xa.b', '**.xa.b', 'xa.b'],
]
const hosts = [
  ...[2, 3, 4, 5].flatMap((n) => sequences(['a', 'b', 'c', 'other'], n).map((l) => l.join('.'))),
  ...['10.0.0.1', '8.8.8.8', '[::1]', '[2600::1]', 'xa.b', 'q.xa.b', 'p.q.xa.b', 'axa.b'],
]

describe('I4 for host patterns, against every host of up to five labels', () => {
  const meaning = extents(hostPatterns, hosts, standsForHost)

  it('enumerates only canonical patterns and hosts', () => {
    expect(hostPatterns.filter((pattern) => !isHostPattern(pattern))).toEqual([])
    expect(hosts.filter((host) => !isHost(host))).toEqual([])
  })

  it('matches a host exactly when the pattern means it', () => {
    expect(extents(hostPatterns, hosts, hostMatches)).toEqual(meaning)
  })

  it('covers a pattern exactly when every host of it is meant: sound and complete', () => {
    const found = compare(hostPatterns, meaning, hostCovers)
    expect(found.pairs).toBeGreaterThan(13_000)
    expect(found.unsound).toEqual([])
    expect(found.incomplete).toEqual([])
  })

  it('is decided alike by the second checker', () => {
    const automata = hostPatterns.map(hostAutomaton)
    const found = compare(automata, meaning, (parent, child) => isIncluded(child, parent))
    expect([found.unsound, found.incomplete]).toEqual([[], []])
  })
})

const stems = [0, 1, 2, 3, 4].flatMap((length) => sequences(['a', 'b', '*'], length))
const pathPatterns = [
  ...stems.filter((stem) => stem.length > 0),
  ...stems
    .filter((stem) => stem.length < 4)
    .flatMap((stem) => [
      [...stem, ''],
      [...stem, '**'],
    ]),
]
const wholePaths = [1, 2, 3, 4, 5].flatMap((length) => sequences(['a', 'b', 'c'], length))
const paths = [...wholePaths, [''], ...wholePaths.map((path) => [...path, ''])]

describe('I4 for path patterns, against every path of up to five segments', () => {
  const meaning = extents(pathPatterns, paths, standsForPath)
  const patternTexts = pathPatterns.map((segments) => `/${segments.join('/')}`)
  const pathTexts = paths.map((segments) => `/${segments.join('/')}`)

  it('enumerates only canonical patterns', () => {
    expect(patternTexts.filter((pattern) => !isPathPattern(pattern))).toEqual([])
  })

  it('matches a path exactly when the pattern means it', () => {
    expect(extents(patternTexts, pathTexts, pathMatches)).toEqual(meaning)
  })

  it('covers a pattern exactly when every path of it is meant: sound and complete', () => {
    const found = compare(patternTexts, meaning, pathCovers)
    expect(found.pairs).toBeGreaterThan(39_000)
    expect(found.unsound).toEqual([])
    expect(found.incomplete).toEqual([])
  })

  it('is decided alike by the second checker', () => {
    const automata = patternTexts.map(pathAutomaton)
    const found = compare(automata, meaning, (parent, child) => isIncluded(child, parent))
    expect([found.unsound, found.incomplete]).toEqual([[], []])
  })

  it('meets two patterns in exactly the paths that both mean', () => {
    const index = new Map(patternTexts.map((pattern, i) => [pattern, meaning[i]]))
    const wrong: [string, string, string | undefined][] = []
    for (const a of patternTexts) {
      for (const b of patternTexts) {
        const met = pathMeet(a, b)
        const both = intersection(index.get(a), index.get(b))
        const meant = met === undefined ? new Bits(paths.length) : index.get(met)
        if (meant === undefined || !equal(meant, both)) wrong.push([a, b, met])
      }
    }
    expect(wrong).toEqual([])
  })
})

function intersection(a: Bits | undefined, b: Bits | undefined): Bits {
  const both = new Bits(paths.length)
  both.words.forEach((_word, i) => {
    both.words[i] = (a?.words[i] ?? 0) & (b?.words[i] ?? 0)
  })
  return both
}

function equal(a: Bits, b: Bits): boolean {
  return a.isWithin(b) && b.isWithin(a)
}
