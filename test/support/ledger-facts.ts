import type { LedgerSpend, TokenLedger } from '../../src/domain/ledger.ts'
import { accept, type Result } from '../../src/domain/result.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { T0, testLease, testSpend } from './store-facts.ts'

/** Whose ledger the tests keep. */
export const LEDGER_OWNER = {
  issuer: 'https://authority.example',
  audience: 'https://gateway.example:9443/github',
}

const lease = testLease('worker')

/** A token issued `age` seconds after T0, good for a minute. */
export function ledgerSpend(age: number, change: Partial<LedgerSpend> = {}): LedgerSpend {
  const issuedAt = epochSeconds(T0 + age)
  return { ...testSpend(lease, { expiresAt: epochSeconds(issuedAt + 60) }), issuedAt, ...change }
}

/** `spent`, or the code of the refusal. */
export async function spent(
  ledger: TokenLedger,
  spend: LedgerSpend,
  judge: () => Result<void> = () => accept(undefined),
): Promise<string> {
  const outcome = await ledger.spend(spend, judge)
  return outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind
}
