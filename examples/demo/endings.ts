/** What has to be ended; run backwards from its beginning, each once, whatever fails. */
export interface Endings {
  /** Call it at once. After `run`, the end comes immediately and this throws. */
  add(end: () => Promise<unknown>): void
  run(): Promise<void>
}

/** Collects endings. */
export function createEndings(): Endings {
  const endings: (() => Promise<unknown>)[] = []
  let over = false
  return {
    add(end) {
      if (!over) return void endings.push(end)
      void end()
      throw new Error('the demo is over')
    },
    async run() {
      over = true
      for (let end = endings.pop(); end !== undefined; end = endings.pop()) {
        await end().catch((error: unknown) => console.error(`While ending: ${error}`))
      }
    },
  }
}
