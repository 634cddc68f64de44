import type { Store } from '../../../src/store/ports.ts'
import type { TestClock } from '../../support/store-facts.ts'

/**
 * A fresh database for one test. Each `open` is another handle on it, as another process would have;
 * all share the clock. A second database is held to this suite by another `OpenPlace`.
 */
interface ContractPlace {
  readonly clock: TestClock
  open(): Promise<Store>
}

/** Makes a fresh place; the caller removes it after the test. */
export type OpenPlace = () => ContractPlace
