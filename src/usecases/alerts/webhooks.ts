import { randomBytes } from 'node:crypto'
import type { AlertKind } from '../../domain/alert.ts'
import { parsePrincipalId, type WebhookId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { parseWebhookUrl } from '../../domain/webhook.ts'
import type { KeptWebhook } from '../../store/ports/webhooks.ts'
import { type Caller, requireRole } from '../caller.ts'
import { decide } from '../decide.ts'
import { requireMasterKey } from '../master-key.ts'
import type { World } from '../world.ts'
import type { MessageAnswer } from './webhook-sender.ts'

/**
 * An owner names a receiver for the alerts it sees. Answers the secret its messages are signed
 * with, this once. Refusals: `forbidden`, `malformed`, `conflict`.
 */
export async function createWebhook(
  world: World,
  caller: Caller,
  input: {
    readonly url: string
    readonly kinds: 'any' | readonly AlertKind[]
    readonly privateNet: boolean
  },
): Promise<Result<{ readonly webhook: KeptWebhook; readonly secret: string }>> {
  const person = requireRole(caller, 'owner')
  if (!person.ok) return person
  const owner = parsePrincipalId(person.value.name)
  if (owner === undefined) return refuse('forbidden', { name: person.value.name })
  const { url, kinds, privateNet } = input
  const target = parseWebhookUrl(url, privateNet)
  if (!target.ok) return target
  const id = world.ids.webhook()
  const { secret, sealed } = world.webhooks.makeSecret(id)
  const decided = await decide<KeptWebhook>(
    world,
    caller,
    'webhook.created',
    async (tx, details) => {
      details.facts = { webhook: id, host: target.value.hostname, privateNet }
      const { tenant } = caller
      const made = { id, tenant, owner, url, kinds, privateNet, failingSince: null, secret: sealed }
      const webhook = { ...made, createdAt: tx.now }
      await requireMasterKey(world, tx)
      const inserted = await tx.insertWebhook(webhook)
      return inserted.ok ? accept({ ...webhook, waiting: 0 }) : inserted
    },
  )
  const { result } = decided
  return result.ok ? accept({ webhook: result.value, secret }) : result
}

/** Lists the caller's receivers, without their secrets. */
export function listWebhooks(
  world: World,
  caller: Caller,
): Promise<Result<readonly KeptWebhook[]>> {
  return world.store.read(async (reads) => {
    const owner = requireRole(caller, 'owner')
    if (!owner.ok) return owner
    const webhooks = await reads.webhooks(caller.tenant)
    return accept(webhooks.filter((webhook) => webhook.owner === owner.value.name))
  })
}

/** An owner removes its receiver; what waits for it is not delivered any more. */
export async function removeWebhook(
  world: World,
  caller: Caller,
  input: { readonly id: WebhookId },
): Promise<Result<void>> {
  const found = await findWebhook(world, caller, input.id)
  if (!found.ok) return found
  const decided = await decide<void>(world, caller, 'webhook.removed', async (tx, details) => {
    details.facts = { webhook: input.id }
    const removed = await tx.removeWebhook(caller.tenant, input.id)
    return removed ? accept(undefined) : refuse('not_found')
  })
  return decided.result
}

/**
 * An owner has one message of the kind `webhook.test` sent to its receiver, now and once. Recorded
 * before it is sent.
 */
export async function testWebhook(
  world: World,
  caller: Caller,
  input: { readonly id: WebhookId },
): Promise<Result<MessageAnswer>> {
  const found = await findWebhook(world, caller, input.id)
  if (!found.ok) return found
  const decided = await decide<void>(world, caller, 'webhook.tested', async (_tx, details) => {
    details.facts = { webhook: input.id }
    return accept(undefined)
  })
  if (!decided.result.ok) return decided.result
  const id = `test_${randomBytes(16).toString('base64url')}`
  const { at } = decided
  const data = { webhook: input.id, issuer: world.issuer }
  return accept(await world.webhooks.send(found.value, { id, kind: 'webhook.test', at, data }))
}

/** Another owner's receiver looks like none. */
async function findWebhook(
  world: World,
  caller: Caller,
  id: WebhookId,
): Promise<Result<KeptWebhook>> {
  const listed = await listWebhooks(world, caller)
  if (!listed.ok) return listed
  const found = listed.value.find((webhook) => webhook.id === id)
  return found === undefined ? refuse('not_found', { webhook: id }) : accept(found)
}
