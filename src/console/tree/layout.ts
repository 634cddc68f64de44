import { hierarchy } from 'd3-hierarchy'
import type { TreeNode } from './lease-tree.ts'

/** One thing of the picture: a lease, or what loads more of them. */
export interface Item {
  readonly id: string
  readonly node: TreeNode | undefined
  /** For what loads more: below which lease, and how many there are. */
  readonly more: { readonly of: string; readonly left: number } | undefined
  readonly level: number
  readonly place: number
  readonly siblings: number
  readonly x: number
  readonly y: number
  readonly parent: Item | undefined
}

/** Where everything stands. */
export interface Layout {
  /** Parents first, as they are read. */
  readonly items: readonly Item[]
  readonly width: number
  readonly height: number
  readonly cardWidth: number
  readonly cardHeight: number
  readonly wide: boolean
}

interface Datum {
  readonly id: string
  readonly node?: TreeNode
  readonly more?: Item['more']
}

const CARD_HEIGHT = 84
const GAP = 14
const WIDE_CARD = 284
const WIDE_COLUMN = 308
const INDENT = 20
const MARGIN = 6

/**
 * Wide: a column for each level, each parent beside its first child. Narrow: one below the other,
 * indented. `width` is the room there is.
 */
export function layOut(
  nodes: ReadonlyMap<string, TreeNode>,
  root: string,
  width: number,
): Layout | undefined {
  const top = nodes.get(root)
  if (top === undefined) return undefined
  const tree = hierarchy<Datum>({ id: root, node: top }, (datum) => childrenOf(nodes, datum))
  const wide = width >= 640
  const deepest = tree.height
  const cardWidth = wide
    ? WIDE_CARD
    : Math.max(190, width - MARGIN * 2 - Math.min(deepest, 6) * INDENT)
  const items: Item[] = []
  const byDatum = new Map<Datum, Item>()
  let row = -1
  tree.eachBefore((point) => {
    const first = point.parent?.children?.[0] === point
    if (!(wide && first)) row += 1
    const parent = point.parent === null ? undefined : byDatum.get(point.parent.data)
    const siblings = point.parent?.children ?? [point]
    const item: Item = {
      id: point.data.id,
      node: point.data.node,
      more: point.data.more,
      level: point.depth + 1,
      place: siblings.indexOf(point) + 1,
      siblings: siblings.length,
      x: MARGIN + (wide ? point.depth * WIDE_COLUMN : Math.min(point.depth, 6) * INDENT),
      y: MARGIN + row * (CARD_HEIGHT + GAP),
      parent,
    }
    byDatum.set(point.data, item)
    items.push(item)
  })
  return {
    items,
    width: wide ? deepest * WIDE_COLUMN + WIDE_CARD + MARGIN * 2 : width,
    height: (row + 1) * (CARD_HEIGHT + GAP) + MARGIN,
    cardWidth,
    cardHeight: CARD_HEIGHT,
    wide,
  }
}

function childrenOf(nodes: ReadonlyMap<string, TreeNode>, { node }: Datum): readonly Datum[] {
  if (node === undefined || !node.expanded) return []
  const children: Datum[] = node.children.flatMap((id) => {
    const child = nodes.get(id)
    return child === undefined ? [] : [{ id, node: child }]
  })
  if (node.cursor === null) return children
  const of = node.lease.id
  const left = Math.max(0, (node.count ?? 0) - node.children.length)
  return [...children, { id: `more:${of}`, more: { of, left } }]
}

/** The line from a parent to its child; drawn behind the cards. */
export function linkPath(child: Item, { cardWidth, cardHeight, wide }: Layout): string {
  const { parent } = child
  if (parent === undefined) return ''
  const y2 = child.y + cardHeight / 2
  if (!wide) {
    const x1 = parent.x + 8
    return `M${x1},${parent.y + cardHeight} V${y2 - 8} Q${x1},${y2} ${x1 + 8},${y2} H${child.x}`
  }
  const x1 = parent.x + cardWidth
  const y1 = parent.y + cardHeight / 2
  const middle = (x1 + child.x) / 2
  if (y1 === y2) return `M${x1},${y1} H${child.x}`
  const r = 10
  return (
    `M${x1},${y1} H${middle - r} Q${middle},${y1} ${middle},${y1 + r} ` +
    `V${y2 - r} Q${middle},${y2} ${middle + r},${y2} H${child.x}`
  )
}
