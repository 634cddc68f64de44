import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ApprovalId, Jti } from '../../src/domain/ids.ts'
import type { LedgerSpend } from '../../src/domain/ledger.ts'
import type { Spend } from '../../src/domain/redemption.ts'
import type { RevocationSubject } from '../../src/domain/revocation.ts'
import type { EpochSeconds } from '../../src/domain/time.ts'

/** What a forked store process can be told. */
export type StoreOrder =
  | {
      readonly do: 'open'
      readonly path: string
      readonly keysDir: string
      readonly at: EpochSeconds
      /** Opens this database instead of the file. */
      readonly databaseUrl?: string
    }
  | { readonly do: 'redeem'; readonly spends: readonly Spend[] }
  | { readonly do: 'work'; readonly spends: readonly Spend[] }
  /** Redeems, and settles a third in part, a third not at all, and releases the rest. */
  | { readonly do: 'pay'; readonly spends: readonly Spend[] }
  | { readonly do: 'revoke'; readonly subject: RevocationSubject }
  | { readonly do: 'enroll'; readonly name: string }
  /** Claims deliveries until none is due; answers which, and settles none. */
  | { readonly do: 'claim-deliveries' }
  /** Uses each yes once; answers which it got. */
  | { readonly do: 'claim'; readonly approvals: readonly ApprovalId[] }
  | { readonly do: 'close' }
  | LedgerOrder

/** What a forked process with a ledger can be told. */
export type LedgerOrder =
  | { readonly do: 'open-ledger'; readonly folder: string; readonly at: EpochSeconds }
  | { readonly do: 'spend'; readonly spends: readonly LedgerSpend[] }
  | { readonly do: 'spend-on'; readonly spends: readonly LedgerSpend[] }
  | { readonly do: 'close-ledger' }

/** What it answers: to an order, or of its own accord while it works. */
export type StoreAnswer =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly fault: string }
  | { readonly spent: Jti }

/** A process of its own with a handle on a store. */
export interface StoreProcess {
  readonly child: ChildProcess
  /** Tokens it has acknowledged while working. */
  readonly spent: Jti[]
  order<T>(order: StoreOrder): Promise<T>
  /** SIGKILL, and the wait for it. */
  kill(): Promise<void>
}

const CHILD = fileURLToPath(new URL('./store-child.ts', import.meta.url))

const LEDGER_CHILD = fileURLToPath(new URL('./ledger-child.ts', import.meta.url))

/** Starts a process for orders about a ledger. */
export function startLedgerProcess(): StoreProcess {
  return startStoreProcess(LEDGER_CHILD)
}

/** Starts a process; it opens nothing before it is told to. */
export function startStoreProcess(program = CHILD): StoreProcess {
  const child = fork(program, { execArgv: ['--import', 'tsx'] })
  const waiting = new Map<
    number,
    { resolve: (answer: never) => void; reject: (e: Error) => void }
  >()
  const spent: Jti[] = []
  let orders = 0
  child.on('message', (message: StoreAnswer) => {
    if ('spent' in message) {
      spent.push(message.spent)
      return
    }
    const call = waiting.get(message.id)
    waiting.delete(message.id)
    if ('fault' in message) call?.reject(new Error(message.fault))
    else call?.resolve(message.answer as never)
  })
  child.on('exit', () => {
    for (const call of waiting.values()) call.reject(new Error('the process is gone'))
    waiting.clear()
  })
  return {
    child,
    spent,
    order: (order) =>
      new Promise((resolve, reject) => {
        orders += 1
        waiting.set(orders, { resolve, reject })
        child.send({ id: orders, order })
      }),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}
