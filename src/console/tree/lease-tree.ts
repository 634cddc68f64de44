import { signal } from '@preact/signals'
import type { PageView } from '../../client/views/common.ts'
import type { LeaseView, TreeView } from '../../client/views/leases.ts'
import { agentName } from '../../domain/agent-name.ts'
import { announce } from '../announce.ts'
import { get, getPage, pathOf } from '../api.ts'
import type { TrailRecord } from '../trail-record.ts'

/** A lease as the page knows it, with what is known of its children. */
export interface TreeNode {
  readonly lease: LeaseView
  /** Direct children there are; undefined while nobody has asked. */
  readonly count: number | undefined
  /** Ids of those that were loaded, in order. */
  readonly children: readonly string[]
  /** Where to go on; null when all are loaded. */
  readonly cursor: string | null
  readonly expanded: boolean
  /** How far below what was revoked, while that is shown; undefined otherwise. */
  readonly wave: number | undefined
}

type Nodes = ReadonlyMap<string, TreeNode>
type ChildPage = PageView<LeaseView & { readonly children: number }>

const PAGE = 100
/** Opened from the start, as long as the picture stays one that people take in. */
const OPEN_AT_FIRST = 60
const REFRESH_MS = 300
const WAVE_MS = 2500

/**
 * The tree below one root: whole when it is small, level by level when it is large. What is decided
 * meanwhile is heard and asked for again; a revocation is shown at once, and the answer of the
 * authority, which alone knows (I6), follows.
 */
export class LeaseTree {
  readonly nodes = signal<Nodes>(new Map())
  readonly problem = signal('')
  readonly large = signal(false)
  readonly root: string
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false

  constructor(root: string) {
    this.root = root
  }

  /** Loads what there is. */
  async load(): Promise<void> {
    const answer = await get<TreeView>(pathOf(['v1', 'leases', this.root, 'tree'], { limit: 1000 }))
    if (!answer.ok) {
      this.problem.value = answer.problem.title
      return
    }
    const { items, truncated } = answer.value
    this.large.value = truncated
    if (!truncated) this.nodes.value = wholeTree(items, this.nodes.value)
    else await this.#loadLevels(items[0])
  }

  async #loadLevels(root: LeaseView | undefined): Promise<void> {
    if (root === undefined) return
    const known = this.nodes.value
    if (!known.has(root.id)) this.#put(root.id, { ...bare(root), expanded: true })
    const open = [...this.nodes.value.values()].filter(({ expanded }) => expanded).slice(0, 20)
    await Promise.all(open.map(({ lease }) => this.#loadChildren(lease.id, null)))
  }

  /** Shows the children of a lease, and loads the first of them. */
  async expand(id: string): Promise<void> {
    const node = this.nodes.value.get(id)
    if (node === undefined) return
    this.#put(id, { ...node, expanded: true })
    if (node.children.length === 0 && node.count !== 0) await this.#loadChildren(id, null)
  }

  /** Hides them. */
  collapse(id: string): void {
    const node = this.nodes.value.get(id)
    if (node !== undefined) this.#put(id, { ...node, expanded: false })
  }

  /** Loads the next children of a lease. */
  async more(id: string): Promise<void> {
    const cursor = this.nodes.value.get(id)?.cursor ?? null
    if (cursor !== null) await this.#loadChildren(id, cursor)
  }

  async #loadChildren(id: string, cursor: string | null): Promise<void> {
    const path = pathOf(['v1', 'leases', id, 'children'], { limit: PAGE, cursor })
    const answer = (await getPage(path)) as { ok: true; value: ChildPage } | { ok: false }
    const parent = this.nodes.value.get(id)
    if (!answer.ok || parent === undefined) return
    const nodes = new Map(this.nodes.value)
    for (const { children: count, ...lease } of answer.value.items) {
      const before = nodes.get(lease.id)
      nodes.set(lease.id, { ...(before ?? bare(lease)), lease, count })
    }
    const loaded = answer.value.items.map((lease) => lease.id)
    const children = [...new Set([...parent.children, ...loaded])]
    const keeps = cursor === null && parent.children.length > loaded.length
    nodes.set(id, {
      ...parent,
      children,
      cursor: keeps ? parent.cursor : answer.value.cursor,
      count: Math.max(parent.count ?? 0, children.length),
    })
    this.nodes.value = nodes
  }

  /** A decision was recorded somewhere: what of it is about this tree is shown. */
  hear(record: TrailRecord): void {
    const about = record.lease !== null && this.nodes.value.has(record.lease)
    const parent = record.facts['parent']
    const below = typeof parent === 'string' && this.nodes.value.has(parent)
    const wide = record.event.startsWith('revocation.') && record.lease === null
    if (record.outcome !== 'allowed' || !(about || below || wide)) return
    if (about && record.event === 'revocation.recorded') this.#showRevoked(record.lease ?? '')
    this.#refreshSoon()
  }

  /** Everything below ends with it: the wave goes down one level after the other. */
  #showRevoked(id: string): void {
    const nodes = new Map(this.nodes.value)
    const top = nodes.get(id)
    if (top === undefined) return
    let ended = 0
    for (const [key, node] of nodes) {
      if (!node.lease.lineage.includes(id) && key !== id) continue
      if (node.lease.state !== 'live') continue
      ended += 1
      const wave = node.lease.depth - top.lease.depth
      nodes.set(key, { ...node, lease: { ...node.lease, state: 'revoked' }, wave })
    }
    this.nodes.value = nodes
    const holder = agentName(top.lease.holder)
    announce(`The lease of ${holder} was revoked: ${ended} leases shown here ended.`)
    setTimeout(() => this.#calm(), WAVE_MS)
  }

  #calm(): void {
    const nodes = new Map(this.nodes.value)
    for (const [key, node] of nodes) if (node.wave !== undefined) nodes.set(key, still(node))
    this.nodes.value = nodes
  }

  #refreshSoon(): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.load()
    }, REFRESH_MS)
  }

  #put(id: string, node: TreeNode): void {
    this.nodes.value = new Map(this.nodes.value).set(id, node)
  }

  /** Hears no more. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }
}

function bare(lease: LeaseView): TreeNode {
  const none = { count: undefined, children: [], cursor: null, expanded: false }
  return { lease, ...none, wave: undefined }
}

function still(node: TreeNode): TreeNode {
  return { ...node, wave: undefined }
}

/** From a whole answer, parents first; what was open stays open. */
function wholeTree(items: readonly LeaseView[], before: Nodes): Nodes {
  const children = new Map<string, string[]>()
  for (const { id, parent_id: parent } of items) {
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), id])
  }
  const nodes = new Map<string, TreeNode>()
  let shown = 1
  for (const lease of items) {
    const known = before.get(lease.id)
    const own = children.get(lease.id) ?? []
    const opens = known?.expanded ?? shown + own.length <= OPEN_AT_FIRST
    if (known === undefined && opens) shown += own.length
    nodes.set(lease.id, {
      lease,
      count: own.length,
      children: own,
      cursor: null,
      expanded: opens,
      wave: known?.wave,
    })
  }
  return nodes
}
