import type { Refusal } from './refusal.ts'

/**
 * The outcome of anything that may be refused. A refusal is an expected "no" and therefore a value;
 * faults (the world broke) are thrown.
 */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal }

/** Wraps a value as the successful outcome. */
export function accept<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}
