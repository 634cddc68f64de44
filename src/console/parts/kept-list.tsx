import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { More } from './more.tsx'
import { ForOwners } from './owners.tsx'
import { Empty, Problem } from './page.tsx'
import { usePages } from './pages-of.ts'
import { ShownOnce } from './shown-once.tsx'

/** What is told of one that was just made: its secret, this once. */
export interface Made {
  readonly title: string
  readonly secret: string
  readonly told: ComponentChildren
}

/**
 * A list that people keep: one is added in a dialog, its secret is shown once, and one is ended in
 * a dialog. After each of them the list is loaded anew.
 */
export function KeptList<One>(props: {
  /** The address of the list. */
  readonly path: string
  /** What the button says that adds one. */
  readonly add: string
  /** What only an owner may do where the list is for everybody. */
  readonly forOwners?: string
  /** What is said while there is none. */
  readonly none: string
  /** One line; `onEnd` asks whether it shall end. */
  readonly row: (one: One, onEnd: () => void) => ComponentChildren
  /** The dialog that adds one; what has no secret is only closed. */
  readonly adding: (onMade: (made: Made) => void, onClose: () => void) => ComponentChildren
  /** The dialog that ends one. */
  readonly ending: (one: One, onClose: () => void) => ComponentChildren
}) {
  const { forOwners } = props
  const list = usePages<One>(props.path)
  const [adding, setAdding] = useState(false)
  const [made, setMade] = useState<Made>()
  const [ending, setEnding] = useState<One>()
  const close = () => {
    setAdding(false)
    setEnding(undefined)
    list.again()
  }
  const show = (one: Made) => {
    close()
    setMade(one)
  }
  const button = (
    <p>
      <button type="button" class="primary" onClick={() => setAdding(true)}>
        {props.add}
      </button>
    </p>
  )
  return (
    <>
      {forOwners === undefined ? button : <ForOwners what={forOwners}>{button}</ForOwners>}
      <Problem text={list.problem} />
      {list.items.length === 0 && !list.loading && <Empty>{props.none}</Empty>}
      <ul class="rows">{list.items.map((one) => props.row(one, () => setEnding(one)))}</ul>
      <More pages={list} />
      {adding && props.adding(show, close)}
      {made !== undefined && (
        <ShownOnce title={made.title} secret={made.secret} onClose={() => setMade(undefined)}>
          <p>{made.told}</p>
        </ShownOnce>
      )}
      {ending !== undefined && props.ending(ending, close)}
    </>
  )
}
