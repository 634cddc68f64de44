import type { Effort } from './measure.ts'
import type { Row } from './row.ts'
import { benchAdmission } from './rows/admission.ts'
import { benchDepth } from './rows/depth.ts'
import { benchFeed } from './rows/feed.ts'
import { benchGateway } from './rows/gateway.ts'
import { benchRefusal } from './rows/refusal.ts'
import { benchRevoke } from './rows/revoke.ts'
import { benchStore } from './rows/store.ts'
import { readViolations } from './rows/violations.ts'

/** The rows of protocol §9, by the name that `--only` takes. */
export const ROWS: Readonly<Record<string, (effort: Effort) => Promise<readonly Row[]>>> = {
  admission: benchAdmission,
  gateway: benchGateway,
  revoke: benchRevoke,
  refusal: benchRefusal,
  feed: benchFeed,
  store: benchStore,
  depth: benchDepth,
  violations: readViolations,
}
