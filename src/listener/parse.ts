import type { z } from 'zod'
import { escapeStep } from '../domain/json.ts'
import { REASONS_MAX } from '../domain/limits.ts'
import { type Reason, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'

/** One to four words without a long run of letters and digits, as keys and tokens have. */
const NAME_LIKE = /^[A-Za-z0-9]{1,15}(?:[_.-][A-Za-z0-9]{1,15}){0,3}$/

/**
 * Reads a value by a strict schema; without a schema there is nothing to read. Refuses `malformed`
 * with a pointer for each finding, or `not_found` without reasons.
 */
export function parseWith<S extends z.ZodType>(
  schema: S | undefined,
  value: unknown,
  code: 'malformed' | 'not_found',
): Result<z.output<S>> {
  if (schema === undefined) return accept(undefined as z.output<S>)
  const parsed = schema.safeParse(value, { reportInput: true })
  if (parsed.success) return accept(parsed.data)
  if (code === 'not_found') return refuse('not_found')
  return refuse('malformed', {}, reasonsOf(parsed.error.issues))
}

/** The pointer (RFC 6901) that a path of steps makes. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${escapeStep(String(step))}`).join('')
}

/** What a schema found, in our own words; no more than REASONS_MAX. */
export function reasonsOf(issues: readonly z.core.$ZodIssue[]): Reason[] {
  return issues.flatMap(reasonsOfIssue).slice(0, REASONS_MAX)
}

function reasonsOfIssue(issue: z.core.$ZodIssue): Reason[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => reason([...issue.path, key], 'There is no such member.'))
  }
  if (issue.code === 'custom') return [reasonOfCustom(issue)]
  return [reason(issue.path, wordsOf(issue))]
}

function reason(path: readonly PropertyKey[], detail: string): Reason {
  return { pointer: tellablePointer(pointerOf(path)), code: 'malformed', detail }
}

/**
 * A pointer up to the first step that is not like the name of a member: a secret that was written
 * where a name belongs is repeated in no answer (I12).
 */
export function tellablePointer(pointer: string): string {
  const steps = pointer.split('/').slice(1)
  const odd = steps.findIndex((step) => !NAME_LIKE.test(step))
  return odd === -1
    ? pointer
    : steps
        .slice(0, odd)
        .map((step) => `/${step}`)
        .join('')
}

/** A reader of the domain found something below this member: its pointer goes on from here. */
function reasonOfCustom(issue: z.core.$ZodIssueCustom): Reason {
  const below = issue.params?.['pointer']
  const pointer = `${pointerOf(issue.path)}${typeof below === 'string' ? below : ''}`
  return { pointer: tellablePointer(pointer), code: 'malformed', detail: issue.message }
}

/** Our own words: a library's may change, and may repeat what was sent. */
function wordsOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'This is missing.' : `This has to be ${issue.expected}.`
    case 'invalid_value':
      return `This has to be one of ${issue.values.map(String).join(', ')}.`
    case 'too_small':
      return `This has to be at least ${issue.minimum}${unitOf(issue.origin)}.`
    case 'too_big':
      return `This has to be at most ${issue.maximum}${unitOf(issue.origin)}.`
    default:
      return 'This is not in the form that is accepted here.'
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters'
  return origin === 'array' ? ' entries' : ''
}
