import { randomBytes } from 'node:crypto'
import {
  type IdSource,
  parseApprovalId,
  parseEnrollmentId,
  parseHandleId,
  parseJti,
  parseLeaseId,
  parseRegistrationId,
  parseRequestId,
  parseWebhookId,
} from './domain/ids.ts'
import { type Clock, epochSeconds } from './domain/time.ts'

/** The machine's clock, in whole seconds. The store guards against it running backwards. */
export const systemClock: Clock = {
  now: () => epochSeconds(Math.floor(Date.now() / 1_000)),
}

const ID_BYTES = 16
/** So many ids are drawn at once, since one draw costs more than what it draws. */
const IDS_DRAWN = 256

/** Ids from the system's random source, 128 bits each. */
export const systemIds: IdSource = {
  lease: () => made(parseLeaseId(`lease_${random()}`)),
  jti: () => made(parseJti(noOption())),
  request: () => made(parseRequestId(`req_${random()}`)),
  enrollment: () => made(parseEnrollmentId(`enroll_${random()}`)),
  registration: () => made(parseRegistrationId(`reg_${random()}`)),
  approval: () => made(parseApprovalId(`appr_${random()}`)),
  handle: () => made(parseHandleId(`handle_${random()}`)),
  webhook: () => made(parseWebhookId(`hook_${random()}`)),
}

let drawn = Buffer.alloc(0)
let used = 0

function random(): string {
  if (used === drawn.length) {
    drawn = randomBytes(ID_BYTES * IDS_DRAWN)
    used = 0
  }
  used += ID_BYTES
  return drawn.toString('base64url', used - ID_BYTES, used)
}

/** People hand ids of tokens to commands, which take a dash at the front for an option. */
function noOption(): string {
  for (;;) {
    const id = random()
    if (!id.startsWith('-')) return id
  }
}

function made<T>(id: T | undefined): T {
  if (id === undefined) throw new Error('a fresh id is not in its own form')
  return id
}
