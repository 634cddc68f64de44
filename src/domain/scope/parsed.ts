import { escapeStep } from '../json.ts'

/** A value of the domain, or the first place (RFC 6901 pointer) where the input is not one. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly pointer: string; readonly detail: string }

/** Wraps what was read. */
export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

/** Names the place that could not be read. */
export function malformed(pointer: string, detail: string): Parsed<never> {
  return { ok: false, pointer, detail }
}

/** The pointer one step further in. */
export function pointerTo(pointer: string, step: string | number): string {
  return `${pointer}/${escapeStep(step)}`
}
