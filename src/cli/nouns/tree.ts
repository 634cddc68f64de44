import type { Command } from 'commander'
import { pathOf } from '../../client/client.ts'
import type { TreeView } from '../../client/views/leases.ts'
import { ask } from '../ask.ts'
import { treeLines } from '../lease-text.ts'
import { count } from '../options.ts'
import { readSettings } from '../settings.ts'

/** `writ tree LEASE`: the lease and its descendants with their states. */
export function registerTree(tree: Command): void {
  tree
    .argument('<lease>', 'the lease at the top')
    .option('--limit <n>', 'leases at most', count)
    .action(draw)
}

async function draw(id: string, options: { readonly limit?: number }, command: Command) {
  const settings = readSettings(command)
  const path = pathOf(['v1', 'leases', id, 'tree'], { limit: options.limit })
  const view = await ask<TreeView>(settings.either(), { method: 'GET', path })
  await settings.output.result(view, () => treeLines(view.items, settings.output).join('\n'))
  if (view.truncated) settings.output.note('There are more leases: give a higher --limit.')
}
