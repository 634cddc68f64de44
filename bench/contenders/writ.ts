import { admissionFor } from '../../src/compose/calls.ts'
import type { LeaseId } from '../../src/domain/ids.ts'
import type { Result } from '../../src/domain/result.ts'
import { completeRoot } from '../../src/domain/scope/complete.ts'
import { type Awaiting, isAwaiting } from '../../src/usecases/approvals/awaiting.ts'
import { createDelegation } from '../../src/usecases/delegations/create-delegation.ts'
import { redeemDelegation } from '../../src/usecases/delegations/redeem-delegation.ts'
import { openLease } from '../../src/usecases/leases/open-lease.ts'
import { mintTokens } from '../../src/usecases/tokens/mint-tokens.ts'
import {
  admitOne,
  insertAgent,
  openWorkshop,
  RESOURCE,
  signTokens,
  someCertificate,
} from '../stage.ts'
import type { OpenContender } from './port.ts'

/** Parts of one root are few; a fresh root after so many keeps within its limit. */
const CHILDREN_OF_A_ROOT = 900

/** Writ in process: every job is durable and recorded before it answers. */
export const open: OpenContender = async () => {
  const { stage, caller, scope, leaf } = await openWorkshop()
  const { world } = stage
  const worker = await insertAgent(stage, 'delegate', scope, someCertificate())
  const part = completeRoot({ ...scope, limits: { ...scope.limits, max_depth: 8 } })
  const openRoot = async (): Promise<LeaseId> => {
    const opened = await openLease(world, caller, { scope: part, reason: 'bench' })
    return granted(opened).id
  }
  const roots: LeaseId[] = []
  let made = 0
  const delegate = async (): Promise<void> => {
    const lease = roots[Math.floor(made++ / CHILDREN_OF_A_ROOT)]
    if (lease === undefined) throw new Error('too few roots were prepared')
    const asked = { lease, delegate: worker.uri, scope: { type: scope.type, grants: scope.grants } }
    const { token } = granted(await createDelegation(world, caller, asked))
    granted(await redeemDelegation(world, worker, { token }))
  }
  const admit = admitOne(admissionFor(world, RESOURCE), caller)
  let tokens: string[] = []
  const spend = async (): Promise<void> => admit(tokens.pop() ?? '')
  const prepare = async (count: number): Promise<void> => {
    tokens = [...(await signTokens(stage, leaf, caller, count))]
  }
  const does = 'parse, verify, confirm, permit, redeem: spent and recorded, on disk'
  return {
    name: 'writ',
    version: '',
    kind: 'library',
    traits: {
      singleUse: true,
      cascade: true,
      narrowing: true,
      binding: 'mutual TLS: the certificate of the connection',
      audit: true,
      offline: 'not here: single use asks the store',
    },
    jobs: {
      issue: {
        does: 'decides, records durably, signs one call token',
        width: 64,
        once: async () => {
          const asked = { lease: leaf.id, audience: RESOURCE, count: 1 }
          granted(await mintTokens(world, caller, asked))
        },
      },
      delegate: {
        does: 'a delegation token is made, handed over and redeemed for a child lease: two commits',
        width: 64,
        prepare: async (count) => {
          made = 0
          roots.length = 0
          for (let at = 0; at <= count / CHILDREN_OF_A_ROOT; at += 1) roots.push(await openRoot())
        },
        once: delegate,
      },
      authorize: { does, width: 64, prepare, once: spend },
      spend: { does, width: 64, prepare, once: spend },
    },
    note: 'SQLite, synchronous=FULL; certificates are handed in, as the TLS layer would.',
    end: () => stage.end(),
  }
}

function granted<T>(result: Result<T | Awaiting>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.refusal)}`)
  if (isAwaiting(result.value)) throw new Error('nobody is there to say yes')
  return result.value as T
}
