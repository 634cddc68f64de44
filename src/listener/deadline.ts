import { refuse } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'

/**
 * Waits for a decision at most `milliseconds`, then refuses `status_unknown`: the effect may stand
 * or not, and the caller has to look. The work itself is not stopped, since a transaction under way
 * ends by its own rules; a fault that comes after the deadline goes to `onLateFault`.
 */
export async function withDeadline<T>(
  milliseconds: number,
  work: () => Promise<Result<T>>,
  onLateFault: (error: unknown) => void,
): Promise<Result<T>> {
  let late = false
  let timer: NodeJS.Timeout | undefined
  const expiry = new Promise<Result<T>>((resolve) => {
    timer = setTimeout(() => {
      late = true
      resolve(refuse('status_unknown', { deadlineMs: milliseconds }))
    }, milliseconds)
  })
  const running = work()
  running.catch((error: unknown) => {
    if (late) onLateFault(error)
  })
  try {
    return await Promise.race([running, expiry])
  } finally {
    clearTimeout(timer)
  }
}
