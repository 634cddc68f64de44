import type { Effort } from './measure.ts'
import { sweepCores } from './sweeps/cores.ts'
import { sweepDepth } from './sweeps/depth.ts'
import { sweepLoad } from './sweeps/load.ts'
import { sweepMemory } from './sweeps/memory.ts'
import { sweepStore } from './sweeps/store.ts'
import type { Sweeps } from './sweeps/sweep.ts'
import { sweepTree } from './sweeps/tree.ts'
import { sweepWidth } from './sweeps/width.ts'

/** The sweeps, by the name that `--only` takes; each is kept as `sweep-<name of its result>`. */
export const SWEEPS: Readonly<Record<string, (effort: Effort) => Promise<Sweeps>>> = {
  cores: sweepCores,
  depth: sweepDepth,
  tree: sweepTree,
  store: sweepStore,
  width: sweepWidth,
  load: sweepLoad,
  memory: sweepMemory,
}
