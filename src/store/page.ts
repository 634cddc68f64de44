import type { Page, PageRequest } from './ports.ts'

/** What a cursor holds: the sort key of the last row of the page before. */
export type CursorKey = readonly (string | number)[]

/**
 * The key inside a cursor, or null on the first page. A text that is no cursor of ours gives
 * `unknown`, whose page is empty: nothing follows a place that does not exist.
 */
export function readCursor(cursor: string | null, parts: number): CursorKey | null | 'unknown' {
  if (cursor === null) return null
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    const known = Array.isArray(key) && key.length === parts && key.every(isPart)
    return known ? (key as CursorKey) : 'unknown'
  } catch {
    return 'unknown'
  }
}

function isPart(part: unknown): boolean {
  return typeof part === 'string' || Number.isSafeInteger(part)
}

/**
 * A page out of rows read with `limit + 1`: the one too many says that there is a next page.
 */
export function pageOf<Row, T>(
  rows: readonly Row[],
  page: PageRequest,
  view: { readonly item: (row: Row) => T; readonly key: (row: Row) => CursorKey },
): Page<T> {
  const shown = rows.slice(0, page.limit)
  const last = shown[shown.length - 1]
  const more = rows.length > page.limit && last !== undefined
  return {
    items: shown.map(view.item),
    cursor: more ? Buffer.from(JSON.stringify(view.key(last))).toString('base64url') : null,
  }
}

/** The page after an unknown cursor. */
export const EMPTY_PAGE: Page<never> = { items: [], cursor: null }
