/** One thing that has to hold before decisions are made. */
export interface Check {
  readonly ok: boolean
  /** A word or two for the operator; no path, address or secret. */
  readonly detail: string
}

/** What `/readyz` answers. */
export interface Readiness {
  readonly status: 'ready' | 'not_ready'
  readonly checks: Readonly<Record<string, Check>>
}

/** Tells whether this process may be sent work. */
export interface Health {
  readiness(): Promise<Readiness>
  /** From now on not ready: the process is about to end (SIGTERM). */
  drain(): void
  /** One thing more that has to hold. */
  add(name: string, check: () => Promise<Check>): void
}

/** How long one check may take before it counts as failed. */
const CHECK_MS = 1_000

/**
 * Asks every check, each within a second. A check that throws has failed; its error stays here,
 * since this answer is open to anyone.
 */
export function createHealth(
  required: Readonly<Record<string, () => Promise<Check>>> = {},
): Health {
  const checks = new Map(Object.entries(required))
  let draining = false
  return {
    async readiness() {
      const entries = await Promise.all(
        [...checks].map(async ([name, check]) => [name, await within(check)] as const),
      )
      const all = Object.fromEntries([
        ...entries,
        ['process', draining ? { ok: false, detail: 'draining' } : { ok: true, detail: 'up' }],
      ])
      const ready = Object.values(all).every(({ ok }) => ok)
      return { status: ready ? 'ready' : 'not_ready', checks: all }
    },
    add: (name, check) => {
      checks.set(name, check)
    },
    drain: () => {
      draining = true
    },
  }
}

async function within(check: () => Promise<Check>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Check>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: 'no answer' }), CHECK_MS)
  })
  try {
    return await Promise.race([check(), late])
  } catch {
    return { ok: false, detail: 'failed' }
  } finally {
    clearTimeout(timer)
  }
}
