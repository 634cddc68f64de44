import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import { type Client, createClient, pathOf } from '../../client/client.ts'
import type { BudgetView } from '../../client/views/budgets.ts'
import type { LeaseView, TreeView } from '../../client/views/leases.ts'
import { granted } from '../ask.ts'
import { count, level } from '../options.ts'
import { withProgress } from '../progress.ts'
import { readSettings } from '../settings.ts'
import { treeLines } from '../text/tree.ts'

const WATCH_MS = 1_000
/** Leases below one that are drawn unless all are asked for. */
const WIDTH = 20
/** Leases whose budgets are asked for; each is one more request. */
const BUDGETS_MAX = 50
const CLEAR = '\u001b[H\u001b[2J'

/** `writ tree LEASE`: the lease and its descendants with their states. */
export function registerTree(tree: Command): void {
  tree
    .argument('<lease>', 'the lease at the top')
    .option('--depth <n>', 'levels below it', level)
    .option('--live', 'leave out what is not live')
    .option('--all', `draw all that stand side by side, not the first ${WIDTH}`)
    .option('--limit <n>', 'leases at most', count)
    .option('--watch', 'draw it again every second, until Ctrl-C')
    .action(draw)
}

interface TreeOptions {
  readonly depth?: number
  readonly live?: true
  readonly all?: true
  readonly limit?: number
  readonly watch?: true
}

async function draw(id: string, options: TreeOptions, command: Command): Promise<void> {
  const settings = readSettings(command)
  const { output } = settings
  const connection = settings.either()
  const client = createClient(connection)
  const path = pathOf(['v1', 'leases', id, 'tree'], { limit: options.limit })
  try {
    for (;;) {
      const answer = await withProgress(output, 'Reading the tree', () =>
        client.call<TreeView>({ method: 'GET', path }),
      )
      const view = chosen(granted(answer, connection.bearer), options)
      const budgets = output.json ? undefined : await budgetsOf(client, view.items)
      const drawing = { now: new Date(), depth: options.depth, budgets: budgets ?? new Map() }
      const width = options.all === true ? undefined : WIDTH
      if (options.watch === true && process.stdout.isTTY) await output.raw(CLEAR)
      await output.result(shallow(view, options), () =>
        treeLines(view.items, output, { ...drawing, width }).join('\n'),
      )
      if (view.truncated) {
        output.note(`These are the first ${view.items.length}: a branch alone is writ tree LEASE.`)
      }
      if (options.watch !== true) return
      await setTimeout(WATCH_MS)
    }
  } finally {
    await client.close()
  }
}

/** Below what is not live nothing is, so leaving it out breaks no branch. */
function chosen(view: TreeView, { live }: TreeOptions): TreeView {
  if (live !== true) return view
  return { ...view, items: view.items.filter(({ state }) => state === 'live') }
}

/** The same without what is deeper than was asked for. */
function shallow(view: TreeView, { depth }: TreeOptions): TreeView {
  const top = view.items[0]?.depth ?? 0
  if (depth === undefined) return view
  return { ...view, items: view.items.filter((lease) => lease.depth - top <= depth) }
}

/** Budgets of the first leases that have any; one that can not be read is left out. */
async function budgetsOf(
  client: Client,
  leases: readonly LeaseView[],
): Promise<ReadonlyMap<string, readonly BudgetView[]>> {
  const counted = leases.filter(({ scope }) => scope.limits.budgets.length > 0)
  const found = counted.slice(0, BUDGETS_MAX).map(async ({ id }) => {
    const path = pathOf(['v1', 'leases', id, 'budgets'])
    const answer = await client.call<{ readonly items: readonly BudgetView[] }>({
      method: 'GET',
      path,
    })
    return [id, answer.ok ? answer.value.items : []] as const
  })
  return new Map(await Promise.all(found))
}
