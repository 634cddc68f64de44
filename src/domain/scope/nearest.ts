import type { Objection } from './argument-map.ts'

/** Members that say what a grant is about: another one there is another grant altogether. */
const IDENTITY: readonly string[] = ['/server', '/tool', '/hosts']

/**
 * The objections of the grant that comes nearest: the one with the fewest dimensions in the way; of
 * equals one for the same tool or hosts, and then the first. Undefined when there is no grant.
 */
export function nearest(
  candidates: Iterable<readonly Objection[]>,
  dimensions: (found: readonly Objection[]) => number,
): readonly Objection[] | undefined {
  let best: readonly Objection[] | undefined
  let least = Number.POSITIVE_INFINITY
  for (const found of candidates) {
    const distance = dimensions(found) + (found.some(isOfIdentity) ? 0.5 : 0)
    if (distance >= least) continue
    best = found
    least = distance
  }
  return best
}

function isOfIdentity({ pointer }: Objection): boolean {
  return IDENTITY.some((member) => pointer === member || pointer.startsWith(`${member}/`))
}
