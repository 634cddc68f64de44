import { z } from 'zod'
import { REASON_CHARACTERS_MAX } from '../domain/limits.ts'

/**
 * A text of people or agents that a column of the store holds, or is searched for: of `max`
 * characters at most and without U+0000, which PostgreSQL keeps in no text and SQLite ends one at.
 */
export function words(max: number) {
  return z
    .string()
    .max(max)
    .regex(/^[^\0]*$/)
}

/** Shown to people, as words of whoever asked (CDPX-22). */
export const reasonText = words(REASON_CHARACTERS_MAX)
