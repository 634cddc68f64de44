import type { Pages } from './pages-of.ts'

/** Said once an answer has taken long enough to be noticed; before that it stays unseen. */
function Loading() {
  return (
    <p class="loading" role="status">
      Loading…
    </p>
  )
}

/** Loads the next page of a list; nothing where there is none. */
export function More({ pages }: { readonly pages: Pages<unknown> }) {
  if (pages.loading && pages.items.length === 0) return <Loading />
  if (!pages.more) return null
  return (
    <button type="button" onClick={pages.next} disabled={pages.loading}>
      Show more
    </button>
  )
}
