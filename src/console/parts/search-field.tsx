import { useEffect, useRef } from 'preact/hooks'

const SETTLED_MS = 300

/** A field that searches on the server as somebody stops typing, and at once on Enter. */
export function SearchField(props: {
  readonly label: string
  readonly value: string
  readonly onSearch: (text: string) => void
}) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const own = useRef<HTMLInputElement>(null)
  const onSearch = useRef(props.onSearch)
  onSearch.current = props.onSearch
  useEffect(() => () => clearTimeout(timer.current), [])
  const search = (ms: number) => {
    clearTimeout(timer.current)
    const page = pageOf(location.hash)
    timer.current = setTimeout(() => {
      // Whoever has followed a link meanwhile is not called back.
      if (pageOf(location.hash) === page) onSearch.current(own.current?.value.trim() ?? '')
    }, ms)
  }
  return (
    <search class="search">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          search(0)
        }}
      >
        <label>
          {props.label}
          <input
            ref={own}
            type="search"
            defaultValue={props.value}
            maxLength={200}
            onInput={() => search(SETTLED_MS)}
          />
        </label>
      </form>
    </search>
  )
}

function pageOf(hash: string): string {
  return hash.split('?', 1)[0] ?? ''
}
