/**
 * The second checker's view of patterns: a pattern is a deterministic automaton over segments, and
 * one is within another when no word leads the first to acceptance and not the second. Shares
 * nothing with host.ts, path.ts and pattern.ts.
 */
export interface Automaton {
  /** What each state reads before the next one. */
  readonly steps: readonly Step[]
  /** Whether the last state reads on and on. */
  readonly endless: boolean
}

type Step = { readonly reads: 'word'; readonly word: string } | { readonly reads: Wild }
type Wild = 'any' | 'any but empty'

/** A host pattern, read from its last label to its first. */
export function hostAutomaton(pattern: string): Automaton {
  // An address in brackets is one word, since its colons and dots separate nothing here.
  const labels = pattern.startsWith('[') ? [pattern] : pattern.split('.').reverse()
  return automatonOf(labels, 'any but empty')
}

/** A path pattern, read from its first segment to its last. */
export function pathAutomaton(pattern: string): Automaton {
  return automatonOf(pattern.split('/').slice(1), 'any')
}

/** A SPIFFE id or prefix; a star in the middle can not occur. */
export function delegateAutomaton(pattern: string): Automaton {
  return automatonOf(pattern.split('/'), 'any but empty')
}

/** Whether every word the child accepts is accepted by the parent. */
export function isIncluded(child: Automaton, parent: Automaton): boolean {
  const alphabet = alphabetOf(child, parent)
  // A pair of states is one number; DEAD is −1, so that each parent state is counted from it.
  const width = parent.steps.length + 2
  const open = [-DEAD]
  const seen = new Set(open)
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const c = Math.floor(pair / width)
    const p = (pair % width) + DEAD
    if (accepts(child, c) && !accepts(parent, p)) return false
    for (const word of alphabet) {
      const next = step(child, c, word)
      if (next === DEAD) continue
      const reached = next * width + step(parent, p, word) - DEAD
      if (!seen.has(reached)) open.push(reached)
      seen.add(reached)
    }
  }
  return true
}

const DEAD = -1

function automatonOf(words: readonly string[], deep: Wild): Automaton {
  const steps = words.map((word): Step => {
    if (word === '**') return { reads: deep }
    return word === '*' ? { reads: 'any but empty' } : { reads: 'word', word }
  })
  return { steps, endless: words.at(-1) === '**' }
}

function accepts(automaton: Automaton, state: number): boolean {
  return state === automaton.steps.length
}

function step(automaton: Automaton, state: number, word: string): number {
  if (state === DEAD) return DEAD
  const end = automaton.steps.length
  if (state === end && !automaton.endless) return DEAD
  const reading = automaton.steps[Math.min(state, end - 1)]
  if (reading === undefined || !isRead(reading, word)) return DEAD
  return Math.min(state + 1, end)
}

function isRead(reading: Step, word: string): boolean {
  if (reading.reads === 'word') return reading.word === word
  return reading.reads === 'any' || word !== ''
}

/** The words the two name, the empty one, and one that stands for all others. */
function alphabetOf(...automata: readonly Automaton[]): ReadonlySet<string> {
  const words = new Set(['', 'a word / no pattern names'])
  for (const { steps } of automata) {
    for (const reading of steps) if (reading.reads === 'word') words.add(reading.word)
  }
  return words
}
