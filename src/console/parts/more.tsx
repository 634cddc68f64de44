import type { Pages } from './pages-of.ts'

/** Loads the next page of a list; nothing where there is none. */
export function More({ pages }: { readonly pages: Pages<unknown> }) {
  if (!pages.more) return null
  return (
    <button type="button" onClick={pages.next} disabled={pages.loading}>
      Show more
    </button>
  )
}
