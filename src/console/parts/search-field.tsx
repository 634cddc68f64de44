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
  useEffect(() => () => clearTimeout(timer.current), [])
  const search = (ms: number) => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => props.onSearch(own.current?.value.trim() ?? ''), ms)
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
