import type { PageView, ProblemView } from '../client/views/common.ts'
import { ended, session } from './session.ts'

/** What the API answered: a value, or the refusal in its own words. */
export type Answer<T> =
  | { readonly ok: true; readonly status: number; readonly value: T }
  | { readonly ok: false; readonly problem: Pick<ProblemView, 'code' | 'title' | 'reasons'> }

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

const NO_ANSWER = {
  code: 'status_unknown',
  title: 'Writ does not answer. Nothing is known of the outcome.',
  reasons: [],
} as const

/** Asks the API as who is signed in. Never throws; a session that is over ends here too. */
export async function ask<T>(method: Method, path: string, body?: unknown): Promise<Answer<T>> {
  const now = session.value
  const csrf = typeof now === 'string' ? '' : now.csrf
  try {
    const answer = await fetch(path, {
      method,
      cache: 'no-store',
      headers: {
        ...(method === 'GET' ? {} : { 'x-writ-csrf': csrf }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (answer.status === 401) ended('Your session is over. Sign in again.')
    const value = answer.status === 204 ? undefined : await answer.json()
    if (answer.ok) return { ok: true, status: answer.status, value: value as T }
    return { ok: false, problem: value as ProblemView }
  } catch {
    return { ok: false, problem: NO_ANSWER }
  }
}

/** Reads. */
export function get<T>(path: string): Promise<Answer<T>> {
  return ask<T>('GET', path)
}

/** One page of a list. */
export function getPage<T>(path: string): Promise<Answer<PageView<T>>> {
  return get<PageView<T>>(path)
}

/** A path from segments, each percent-encoded, and a query of the values that are there. */
export function pathOf(
  segments: readonly string[],
  query: Readonly<Record<string, string | number | undefined | null>> = {},
): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  }
  const path = `/${segments.map(encodeURIComponent).join('/')}`
  return search.size === 0 ? path : `${path}?${search}`
}

/** A refusal as one sentence for people, with what exactly is wrong. */
export function sentenceOf(problem: { title: string; reasons: ProblemView['reasons'] }): string {
  const details = problem.reasons.map(({ pointer, detail }) =>
    pointer === '' ? detail : `${pointer}: ${detail}`,
  )
  return [problem.title, ...details].join(' ')
}
