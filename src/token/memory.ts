/** What was read from some texts, for as long as there is room. */
export interface Memory<T> {
  recall(text: string): T | undefined
  keep(text: string, value: T): void
}

/**
 * A memory of at most `entriesMax` readings, that forgets all of them rather than grow: strangers
 * choose what is read, so it must stay bounded, and a lost reading costs only another one. For pure
 * readings of exact texts; never for verdicts.
 */
export function createMemory<T>(entriesMax: number): Memory<T> {
  const entries = new Map<string, T>()
  return {
    recall: (text) => entries.get(text),
    keep: (text, value) => {
      if (entries.size >= entriesMax) entries.clear()
      entries.set(text, value)
    },
  }
}

/** Freezes a value all the way down, so that those who share it can not change it. */
export function freezeDeeply<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    for (const member of Object.values(value)) freezeDeeply(member)
  }
  return value
}
