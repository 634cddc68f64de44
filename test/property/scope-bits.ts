/** A set of small integers: which of the enumerated words something stands for. */
export class Bits {
  readonly words: Uint32Array

  constructor(size: number) {
    this.words = new Uint32Array(Math.ceil(size / 32))
  }

  add(index: number): void {
    const word = index >>> 5
    this.words[word] = (this.words[word] ?? 0) | (1 << (index & 31))
  }

  isWithin(other: Bits): boolean {
    return this.words.every((word, index) => (word & ~(other.words[index] ?? 0)) === 0)
  }
}

/** For each pattern the set of words it stands for. */
export function extents<Pattern, Word>(
  patterns: readonly Pattern[],
  words: readonly Word[],
  stands: (pattern: Pattern, word: Word) => boolean,
): readonly Bits[] {
  return patterns.map((pattern) => {
    const bits = new Bits(words.length)
    words.forEach((word, index) => {
      if (stands(pattern, word)) bits.add(index)
    })
    return bits
  })
}

/** How a relation between patterns compares with inclusion of what they stand for. */
export function compare<Pattern>(
  patterns: readonly Pattern[],
  sets: readonly Bits[],
  covers: (parent: Pattern, child: Pattern) => boolean,
): { pairs: number; unsound: [Pattern, Pattern][]; incomplete: [Pattern, Pattern][] } {
  const unsound: [Pattern, Pattern][] = []
  const incomplete: [Pattern, Pattern][] = []
  patterns.forEach((parent, p) => {
    patterns.forEach((child, c) => {
      const claimed = covers(parent, child)
      const outer = sets[p]
      const inner = sets[c]
      if (outer === undefined || inner === undefined) throw new Error('a set for each pattern')
      if (claimed === inner.isWithin(outer)) return
      if (claimed) unsound.push([parent, child])
      else incomplete.push([parent, child])
    })
  })
  return { pairs: patterns.length ** 2, unsound, incomplete }
}

/** Every sequence of `length` letters. */
export function sequences(letters: readonly string[], length: number): readonly string[][] {
  if (length === 0) return [[]]
  return sequences(letters, length - 1).flatMap((word) =>
    letters.map((letter) => [...word, letter]),
  )
}
