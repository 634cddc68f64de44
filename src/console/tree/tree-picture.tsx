import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type Item, type Layout, layOut, linkPath } from './layout.ts'
import { LeaseCard } from './lease-card.tsx'
import type { LeaseTree } from './lease-tree.ts'

const AROUND = 500
/** Of the sheet within its frame, left and right. */
const MARGINS = 20

interface Props {
  readonly tree: LeaseTree
  readonly chosen: string
  readonly onChoose: (id: string) => void
}

/**
 * The tree as a picture and as an ARIA tree in one. Only what is near the window of the picture is
 * in the document, so its size does not matter; what has the focus always is.
 */
export function TreePicture({ tree, chosen, onChoose }: Props) {
  const frame = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 800, width: 0 })
  const [focused, setFocused] = useState(tree.root)
  useLayoutEffect(() => watchFrame(frame.current, setView), [])
  const layout = view.width <= 0 ? undefined : layOut(tree.nodes.value, tree.root, view.width)
  if (layout === undefined) return <div ref={frame} class="picture" />
  const known = layout.items.some(({ id }) => id === focused) ? focused : tree.root
  const move = (id: string) => {
    setFocused(id)
    const item = layout.items.find((other) => other.id === id)
    if (item) show(frame.current, item, layout)
    requestAnimationFrame(() => document.getElementById(`item-${id}`)?.focus())
  }
  const choose = (id: string) => {
    setFocused(id)
    onChoose(id)
  }
  const parts = { tree, layout, known, move, onChoose: choose }
  return (
    <div ref={frame} class="picture" tabIndex={-1}>
      <div class="sheet" style={{ width: `${layout.width}px`, height: `${layout.height}px` }}>
        <Links items={layout.items.filter((item) => reaches(item, view))} layout={layout} />
        <div
          role="tree"
          aria-label="Leases, root first"
          class="items"
          onKeyDown={(event) => onKey(event, parts)}
        >
          {layout.items
            .filter((item) => isNear(item, view) || item.id === known)
            .map((item) => (
              <Card key={item.id} item={item} chosen={chosen} parts={parts} />
            ))}
        </div>
      </div>
    </div>
  )
}

/** Behind the cards, for the eyes alone: the tree says the same by its levels. */
function Links({ items, layout }: { readonly items: readonly Item[]; readonly layout: Layout }) {
  return (
    <svg class="links" width={layout.width} height={layout.height} aria-hidden="true">
      {items.map((item) => (
        <path
          key={item.id}
          class={`link state-${item.node?.lease.state ?? 'more'}`}
          d={linkPath(item, layout)}
        />
      ))}
    </svg>
  )
}

function Card(props: { readonly item: Item; readonly chosen: string; readonly parts: Keys }) {
  const { item, chosen, parts } = props
  const { tree, layout, known, onChoose } = parts
  const focused = item.id === known
  if (item.more !== undefined) {
    return <MoreCard item={item} layout={layout} tree={tree} focused={focused} />
  }
  return (
    <LeaseCard
      item={item}
      layout={layout}
      chosen={item.id === chosen}
      focused={focused}
      onChoose={() => onChoose(item.id)}
      onToggle={() => toggle(tree, item)}
    />
  )
}

function MoreCard(props: {
  readonly item: Item
  readonly layout: Layout
  readonly tree: LeaseTree
  readonly focused: boolean
}) {
  const { item, layout, tree, focused } = props
  const { of, left } = item.more ?? { of: '', left: 0 }
  return (
    <div
      id={`item-${item.id}`}
      class="card more"
      role="treeitem"
      aria-level={item.level}
      aria-posinset={item.place}
      aria-setsize={item.siblings}
      aria-selected={false}
      tabIndex={focused ? 0 : -1}
      style={{ left: `${item.x}px`, top: `${item.y}px`, width: `${layout.cardWidth}px` }}
      onClick={() => void tree.more(of)}
      onKeyDown={() => undefined}
    >
      Show more{left > 0 ? ` of ${left} left` : ''}
    </div>
  )
}

interface Keys {
  readonly tree: LeaseTree
  readonly layout: Layout
  readonly known: string
  readonly move: (id: string) => void
  readonly onChoose: (id: string) => void
}

/** As the ARIA Authoring Practices have it for trees. */
function onKey(event: KeyboardEvent, { tree, layout, known, move, onChoose }: Keys): void {
  const { items } = layout
  const at = items.findIndex(({ id }) => id === known)
  const item = items[at]
  if (item === undefined || event.ctrlKey || event.metaKey || event.altKey) return
  const go = (to: Item | undefined) => to && move(to.id)
  const acts: Readonly<Record<string, () => void>> = {
    ArrowDown: () => go(items[at + 1]),
    ArrowUp: () => go(items[at - 1]),
    Home: () => go(items[0]),
    End: () => go(items.at(-1)),
    ArrowRight: () => {
      if (item.node?.expanded) go(items.find(({ parent }) => parent === item))
      else void tree.expand(item.id)
    },
    ArrowLeft: () => {
      if (item.node?.expanded && item.node.count !== 0) tree.collapse(item.id)
      else go(item.parent)
    },
    Enter: () => (item.more === undefined ? onChoose(item.id) : void tree.more(item.more.of)),
    ' ': () => (item.more === undefined ? onChoose(item.id) : void tree.more(item.more.of)),
  }
  const act = acts[event.key]
  if (act === undefined) return
  event.preventDefault()
  act()
}

function toggle(tree: LeaseTree, { id, node }: Item): void {
  if (node?.expanded) tree.collapse(id)
  else void tree.expand(id)
}

interface View {
  readonly top: number
  readonly height: number
}

function isNear(item: Item, { top, height }: View): boolean {
  return item.y > top - AROUND && item.y < top + height + AROUND
}

/** Whether any of the line to its parent is near the window. */
function reaches(item: Item, { top, height }: View): boolean {
  const { parent } = item
  if (parent === undefined) return false
  return item.y > top - AROUND && parent.y < top + height + AROUND
}

function show(frame: HTMLElement | null, item: Item, { cardWidth, cardHeight }: Layout): void {
  if (frame === null) return
  const { scrollTop, scrollLeft, clientHeight, clientWidth } = frame
  const below = item.y + cardHeight + 20 > scrollTop + clientHeight
  if (item.y < scrollTop) frame.scrollTop = item.y - 20
  else if (below) frame.scrollTop = item.y + cardHeight + 20 - clientHeight
  if (item.x < scrollLeft) frame.scrollLeft = item.x - 20
  else if (item.x + cardWidth > scrollLeft + clientWidth) {
    frame.scrollLeft = item.x + cardWidth + 20 - clientWidth
  }
}

function watchFrame(
  frame: HTMLElement | null,
  tell: (view: { top: number; height: number; width: number }) => void,
): () => void {
  if (frame === null) return () => undefined
  const look = () =>
    tell({ top: frame.scrollTop, height: frame.clientHeight, width: frame.clientWidth - MARGINS })
  const observer = new ResizeObserver(look)
  observer.observe(frame)
  frame.addEventListener('scroll', look, { passive: true })
  look()
  return () => {
    observer.disconnect()
    frame.removeEventListener('scroll', look)
  }
}
