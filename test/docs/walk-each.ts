import { beforeAll, it } from 'vitest'
import { unpacked } from '../support/packed.ts'
import { treatmentOf, walked } from './blocks.ts'
import { walk } from './walk.ts'

/** How long the first who asks for the package may take to make it. */
const PACK_MS = 240_000
/** How long one document may take on a busy machine. */
const WALK_MS = 180_000

/** One test for each document of a kind that has commands which run here. */
export function walkEach(kind: RegExp): void {
  beforeAll(unpacked, PACK_MS)
  for (const document of walked) {
    const runs = document.blocks.some((block) => /^(run|serve)$/.test(treatmentOf(block) ?? ''))
    if (!runs || !kind.test(document.path)) continue
    it(`every command of ${document.path} does what it says`, { timeout: WALK_MS }, () =>
      walk(document),
    )
  }
}
