import type { Command } from 'commander'
import type { LeaseView } from '../../client/views/leases.ts'
import { ask } from '../ask.ts'
import { readToken } from '../input.ts'
import { readSettings } from '../settings.ts'
import { leaseText } from '../text/lease.ts'

/** `writ redeem`: a delegation token becomes a child lease, held by this agent (I1, I7). */
export function registerRedeem(redeem: Command): void {
  redeem
    .argument('[file]', 'file with the delegation token; stdin when absent or -')
    .action(redeemToken)
}

async function redeemToken(file: string | undefined, _options: unknown, command: Command) {
  const settings = readSettings(command)
  const token = await readToken(file)
  const view = await ask<LeaseView>(settings.certificate(settings.agentsAddress), {
    method: 'POST',
    path: '/v1/delegations/redeem',
    body: { token },
  })
  await settings.output.result(view, () => leaseText(view, settings.output))
}
