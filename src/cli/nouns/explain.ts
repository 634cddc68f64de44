import type { Command } from 'commander'
import { ask } from '../ask.ts'
import { readJsonArgument } from '../input.ts'
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
  const answer = await ask<unknown>(settings.either(), {
    method: 'POST',
    path: '/v1/explain',
    body: { lease_id: id, request: await readJsonArgument(request) },
  })
  await settings.output.result(answer, () => JSON.stringify(answer, null, 2))
}
