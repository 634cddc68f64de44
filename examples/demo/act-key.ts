import { randomBytes } from 'node:crypto'
import { pathOf } from '../../src/client/client.ts'
import type { CredentialView } from '../../src/client/views/credentials.ts'
import type { LeaseView } from '../../src/client/views/leases.ts'
import { callOf, callThrough, mint, openLease, send } from './play.ts'
import { scopeOf } from './scopes.ts'
import { CREDENTIAL, type Stage } from './stage.ts'
import { expect, type Steps } from './step.ts'

const PATH = '/private/accounts'
const UNAUTHORIZED = 401

/** An upstream that wants a key: the gateway has it, the agent uses it and never sees it. */
export async function useUnseenKey(steps: Steps, stage: Stage, lease: LeaseView): Promise<void> {
  const { clerk, planner, keyed, upstream } = stage
  const first = stage.secret(newKey())
  await steps.does('the owner puts in the key that the upstream demands', async () => {
    await upstream.demand(first)
    const made = await stage.owner<CredentialView>({
      method: 'POST',
      path: '/v1/credentials',
      body: {
        name: CREDENTIAL,
        kind: 'bearer',
        category: 'api_key',
        origins: [`http://127.0.0.1:${upstream.port}`],
        fields: { value: first },
      },
    })
    expect(!JSON.stringify(made).includes(first), 'the key came back to the owner')
    return `${made.name} version ${made.version}, for ${made.origins.join()} alone`
  })
  await steps.does('the clerk calls with a key it does not have, and its echo is masked', () =>
    callMasked(stage, lease, first),
  )
  await steps.refuses('the clerk asks for the credential itself', 'forbidden', () => {
    const path = pathOf(['v1', 'credentials', CREDENTIAL])
    return clerk.order({ op: 'ask', call: { method: 'GET', path } })
  })
  const denied = 'an agent whose contract names no such credential'
  await steps.refuses(denied, 'credential_not_permitted', async () => {
    const own = await openLease(planner, scopeOf(keyed, { methods: ['GET'], paths: [PATH] }))
    const [token = ''] = await mint(planner, own, keyed)
    return send(planner, callOf(keyed, token, PATH))
  })
  await rotate(steps, stage, lease)
}

/** A new key for the upstream; leases and agents notice nothing. */
async function rotate(steps: Steps, stage: Stage, lease: LeaseView): Promise<void> {
  const { clerk, keyed, upstream } = stage
  const second = stage.secret(newKey())
  await steps.does('the upstream takes a new key alone: the old one gets a 401', async () => {
    await upstream.demand(second)
    const [token = ''] = await mint(clerk, lease, keyed)
    const sent = await send(clerk, callOf(keyed, token, PATH))
    expect(sent.status === UNAUTHORIZED && sent.refusal === undefined, `status ${sent.status}`)
    return 'the answer of the upstream, not of the gateway'
  })
  await steps.does('the owner rotates the key, and the same lease goes on', async () => {
    const { version } = await stage.owner<CredentialView>({
      method: 'POST',
      path: pathOf(['v1', 'credentials', CREDENTIAL, 'rotate']),
      body: { fields: { value: second } },
    })
    expect(version === 2, `version ${version}`)
    return callMasked(stage, lease, second)
  })
}

/** The upstream took the key and echoes it; what reaches the agent has stars in its place. */
async function callMasked(stage: Stage, lease: LeaseView, key: string): Promise<string> {
  const { text } = await callThrough(stage.clerk, lease, stage.keyed, PATH)
  expect(!text.includes(key), 'the key reached the agent')
  const { headers } = JSON.parse(text) as { readonly headers: Readonly<Record<string, string>> }
  const { authorization = '' } = headers
  expect(authorization.includes('*'.repeat(key.length)), `not masked: ${text}`)
  return `authorization: ${authorization}`
}

function newKey(): string {
  return `sk_demo_${randomBytes(18).toString('base64url')}`
}
