import type { Command } from 'commander'
import type { ExplanationView } from '../../client/views/leases.ts'
import { ask } from '../ask.ts'
import { readJsonArgument } from '../input.ts'
import { EXIT } from '../outcome.ts'
import { printable } from '../output.ts'
import { readSettings } from '../settings.ts'

/** `writ explain`: whether a lease permits a request, and which hop took the right away. */
export function registerExplain(explain: Command): void {
  explain
    .argument('<lease>', 'the lease to ask about')
    .argument('<request>', 'the request to judge: file, - or inline JSON')
    .action(explainRequest)
}

async function explainRequest(id: string, request: string, _options: unknown, command: Command) {
  const settings = readSettings(command)
  const found = await ask<ExplanationView>(settings.either(), {
    method: 'POST',
    path: '/v1/explain',
    body: { lease_id: id, request: await readJsonArgument(request) },
  })
  await settings.output.result(found, () => explanationText(found))
  if (!found.permitted) process.exitCode = EXIT.denied
}

function explanationText(found: ExplanationView): string {
  if (found.permitted) return `permitted, root to leaf by the grants ${found.grants.join(' → ')}`
  const { hop, held, code, reasons } = found
  const above = held === null ? 'The root never had it.' : `Grant ${held} above still had it.`
  const lines = reasons.map(({ pointer, detail }) => `  ${pointer}  ${printable(detail)}`)
  return [`taken away at hop ${hop} (${code}). ${above}`, ...lines].join('\n')
}
