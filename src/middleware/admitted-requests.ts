import type { Admitted } from '../admission/ports.ts'

const admitted = new WeakMap<object, Admitted>()

/** Notes what was admitted, for `writOf`. */
export function noteAdmitted(request: object, writ: Admitted | undefined): void {
  if (writ !== undefined) admitted.set(request, writ)
}

/**
 * What a request was admitted with: claims, lease, the authority's record and receipt. Throws for a
 * request that no guard has admitted: its route is not protected, or let it through as open.
 */
export function writOf(request: object): Admitted {
  const writ = admitted.get(request)
  if (writ === undefined) throw new Error('This request was not admitted: is its route protected?')
  return writ
}
