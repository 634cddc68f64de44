import { z } from '@hono/zod-openapi'
import { SECURITY_TEXT_DAYS } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { refused } from '../listener/problem.ts'
import type { World } from '../usecases/world.ts'
import type { PublicRow } from './public.ts'

/** Where who found a weakness of this deployment may tell of it. */
export interface SecurityContact {
  /** A `mailto:` or `https:` URI; empty: nobody is named. */
  readonly contact: string
  /** An `https:` URI of what is promised to who tells; empty: none is. */
  readonly policy: string
}

/** What the file is made from. */
export interface SecurityTextParts {
  readonly world: Pick<World, 'issuer' | 'store'>
  readonly security?: SecurityContact | undefined
}

const PATH = '/.well-known/security.txt'
const DAY_SECONDS = 86_400

/** `/.well-known/security.txt` (RFC 9116), where a contact is set; `not_found` where none is. */
export const SECURITY_TEXT_ROUTE: PublicRow<SecurityTextParts> = {
  path: PATH,
  summary: 'Where to tell of a weakness of this deployment',
  description:
    'The contact that was set, until when it may be relied on, and the policy if there is one ' +
    '(RFC 9116).',
  mediaType: 'text/plain',
  statuses: [200],
  answer: z.string(),
  refusals: ['not_found'],
  handler: ({ world, security }) => {
    const text = securityText(world, security)
    return (c) => {
      if (text === undefined) return refused(c, refuse('not_found').refusal)
      return c.body(text, 200, { 'Content-Type': 'text/plain; charset=utf-8' })
    }
  },
}

/**
 * Settings are looked at when a process starts, so that is the day the term counts from. Of an
 * issuer that is not reached by https there is no canonical address (RFC 9116 §2.5.2).
 */
function securityText(
  { issuer, store }: SecurityTextParts['world'],
  security: SecurityContact | undefined,
): string | undefined {
  if (security === undefined || security.contact === '') return undefined
  const today = Math.floor(store.now() / DAY_SECONDS)
  const expires = new Date((today + SECURITY_TEXT_DAYS) * DAY_SECONDS * 1000).toISOString()
  const { protocol, origin } = new URL(issuer)
  const lines = [
    `Contact: ${security.contact}`,
    `Expires: ${expires.slice(0, 19)}Z`,
    ...(protocol === 'https:' ? [`Canonical: ${origin}${PATH}`] : []),
    ...(security.policy === '' ? [] : [`Policy: ${security.policy}`]),
  ]
  return `${lines.join('\n')}\n`
}
