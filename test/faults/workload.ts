import { asAgent, asOwner, type Load } from './asks.ts'
import { type Member, RESOURCE } from './deployment.ts'
import type { Op } from './history.ts'
import { between, pick } from './random.ts'
import type { Heard } from './recorder.ts'
import type { KnownLease, KnownToken } from './world.ts'

/** What clients do, and how often in a hundred times. */
const MIX = {
  present: 42,
  presentEverywhere: 4,
  presentAgain: 4,
  mint: 5,
  open: 5,
  delegate: 9,
  redeem: 9,
  renew: 3,
  release: 1,
  revoke: 2,
  suspend: 1,
  lift: 1,
  read: 7,
  receipt: 7,
} as const

type Step = keyof typeof MIX

/** Live leases below which nothing new is opened or delegated only to be forgotten. */
const LEASES_MIN = 12
const TTL_SECONDS = 3_600

/** One step of one client: mostly one request, sometimes several at once. */
export async function step(load: Load): Promise<void> {
  const { world, random } = load
  if (world.leases < LEASES_MIN) return open(load)
  await STEPS[draw(random())](load)
}

function draw(at: number): Step {
  let left = at * 100
  for (const [name, share] of Object.entries(MIX)) {
    left -= share
    if (left < 0) return name as Step
  }
  return 'present'
}

const STEPS: Readonly<Record<Step, (load: Load) => Promise<void>>> = {
  open,
  mint: (load) => onLease(load, (lease) => mint(load, lease, between(load.random, 8, 32))),
  present: async (load) => {
    const token = load.world.takeToken()
    if (token !== undefined) return present(load, token)
    await onLease(load, (lease) => mint(load, lease, between(load.random, 8, 32)))
  },
  async presentEverywhere(load) {
    const token = load.world.takeToken()
    if (token === undefined) return
    await Promise.all(load.up().map((process) => present(load, token, process)))
  },
  async presentAgain(load) {
    const token = load.world.usedToken()
    if (token !== undefined) await present(load, token)
  },
  delegate: (load) => onLease(load, (lease) => delegate(load, lease)),
  redeem,
  renew: (load) => onLease(load, (lease) => renew(load, lease)),
  release: (load) => onLease(load, (lease) => release(load, lease)),
  revoke: (load) => onLease(load, (lease) => revoke(load, lease)),
  suspend: (load) => onLease(load, (lease) => suspend(load, lease)),
  lift,
  read: (load) => onLease(load, (lease) => read(load, lease)),
  async receipt(load) {
    const token = load.world.usedToken()
    if (token === undefined) return
    const { jti, lease } = token
    const path = `/v1/receipts/${jti}`
    await asAgent(load, { kind: 'receipt', method: 'GET', path, member: lease.holder, lease, jti })
  },
}

async function onLease(load: Load, work: (lease: KnownLease) => Promise<void>): Promise<void> {
  const lease = load.world.lease()
  if (lease !== undefined) await work(lease)
}

async function open(load: Load): Promise<void> {
  const holder = load.world.member()
  const body = { scope: scopeOf(load), ttl_seconds: TTL_SECONDS }
  const told = { kind: 'open', method: 'POST', path: '/v1/leases', member: holder, body } as const
  const heard = await asAgent<{ lineage: string[] }>(load, { ...told, learn: bornOf })
  learnLease(load, heard?.value?.lineage, holder)
}

/** A scope as the contract has it, sometimes with few uses. */
function scopeOf({ deployment, random }: Load) {
  const { scope } = deployment
  if (random() < 0.5) return scope
  return { ...scope, limits: { ...scope.limits, max_uses: between(random, 3, 40) } }
}

function bornOf(view: { readonly lineage: readonly string[] }): Partial<Op> {
  return { born: view.lineage }
}

function learnLease(load: Load, lineage: readonly string[] | undefined, holder: Member): void {
  const id = lineage?.[lineage.length - 1]
  if (lineage !== undefined && id !== undefined) load.world.born({ id, lineage, holder })
}

async function mint(load: Load, lease: KnownLease, count: number): Promise<void> {
  const body = { lease_id: lease.id, audience: RESOURCE, count, ttl_seconds: 300 }
  const told = { kind: 'mint', method: 'POST', path: '/v1/tokens', body } as const
  const heard = await asAgent<{ tokens: { token: string; jti: string }[] }>(load, {
    ...told,
    member: lease.holder,
    lease,
  })
  for (const { token, jti } of heard?.value?.tokens ?? []) {
    load.world.minted({ token, jti, lease })
  }
  forgetEnded(load, lease, heard)
}

async function present(load: Load, token: KnownToken, at?: number): Promise<void> {
  const process = at ?? pick(load.random, load.up())
  if (process === undefined) return
  const { jti, lease } = token
  const heard = await load.recorder.send({
    kind: 'present',
    process,
    url: `${load.deployment.gateways[process]}/count/${jti}`,
    method: 'GET',
    dispatcher: lease.holder.calls,
    headers: { authorization: `Bearer ${token.token}` },
    lineage: lease.lineage,
    jti,
  })
  forgetEnded(load, lease, heard)
}

async function delegate(load: Load, parent: KnownLease): Promise<void> {
  const to = load.world.member()
  const { type, grants } = load.deployment.scope
  const limits = load.random() < 0.3 ? { limits: { max_uses: between(load.random, 2, 20) } } : {}
  const body = {
    lease_id: parent.id,
    delegate: to.uri,
    scope: { type, grants, ...limits },
    ttl_seconds: 300,
  }
  const told = { kind: 'delegate', method: 'POST', path: '/v1/delegations', body } as const
  const heard = await asAgent<{ token: string }>(load, {
    ...told,
    member: parent.holder,
    lease: parent,
  })
  const token = heard?.value?.token
  if (token !== undefined) {
    load.world.delegated({ token, jti: jtiOf(token), parent, delegate: to })
  }
  forgetEnded(load, parent, heard)
}

function jtiOf(token: string): string {
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
  return (JSON.parse(claims) as { jti: string }).jti
}

/** Redeems a delegation; one time in three twice at once, at two authorities. */
async function redeem(load: Load): Promise<void> {
  const delegation = load.world.takeDelegation()
  if (delegation === undefined) return
  const { token, jti, parent, delegate: member } = delegation
  const times = load.random() < 0.33 ? 2 : 1
  const ask = async () => {
    const heard = await asAgent<{ lineage: string[] }>(load, {
      kind: 'redeem',
      method: 'POST',
      path: '/v1/delegations/redeem',
      body: { token },
      member,
      lease: parent,
      jti,
      learn: bornOf,
    })
    learnLease(load, heard?.value?.lineage, member)
  }
  await Promise.all(Array.from({ length: times }, ask))
}

async function renew(load: Load, lease: KnownLease): Promise<void> {
  const path = `/v1/leases/${lease.id}/renew`
  const body = { ttl_seconds: TTL_SECONDS }
  await asAgent(load, {
    kind: 'renew',
    method: 'POST',
    path,
    body,
    member: lease.holder,
    lease,
    learn: (view: { expires_at: string }) => ({ expiresAt: Date.parse(view.expires_at) / 1_000 }),
  })
}

async function release(load: Load, lease: KnownLease): Promise<void> {
  const path = `/v1/leases/${lease.id}/release`
  const told = { kind: 'release', method: 'POST', path, member: lease.holder, lease } as const
  const heard = await asAgent(load, told)
  if (heard?.op.outcome === 'ok') await probe(load, lease)
}

async function revoke(load: Load, lease: KnownLease): Promise<void> {
  const path = `/v1/leases/${lease.id}/revoke`
  const told = { kind: 'revoke', method: 'POST', path, body: { reason: 'test' } } as const
  const heard = await asOwner(load, { ...told, lease })
  if (heard?.op.outcome === 'ok') await probe(load, lease)
}

async function suspend(load: Load, lease: KnownLease): Promise<void> {
  const body = { subject: `lease:${lease.id}`, effect: 'suspended', reason: 'test' }
  const told = { kind: 'suspend', method: 'POST', path: '/v1/revocations', body } as const
  const heard = await asOwner(load, { ...told, lease })
  if (heard?.op.outcome !== 'ok') return
  await probe(load, lease, false)
  load.world.suspended(lease)
}

async function lift(load: Load): Promise<void> {
  const lease = load.world.takeSuspended()
  if (lease === undefined) return
  const path = `/v1/revocations/${encodeURIComponent(`lease:${lease.id}`)}`
  await asOwner(load, { kind: 'lift', method: 'DELETE', path, lease })
}

/** Right after an end was answered: everything that must not succeed below it, everywhere. */
async function probe(load: Load, lease: KnownLease, final = true): Promise<void> {
  const { world } = load
  const tokens = load.up().map((process) => ({ process, token: world.takeToken(lease.id) }))
  const [below = lease] = world.below(lease.id).slice(-1)
  if (final) world.ended(lease.id)
  await Promise.all([
    ...tokens.map(({ token, process }) => token && present(load, token, process)),
    mint(load, below, 1),
    delegate(load, below),
  ])
}

/** A lease that was found to be over is not asked again, but for probes. */
function forgetEnded({ world }: Load, lease: KnownLease, heard: Heard<unknown>): void {
  const code = heard?.op.code
  if (code === 'revoked' || code === 'released' || code === 'uses_exhausted') {
    world.ended(lease.id)
  }
}

async function read(load: Load, lease: KnownLease): Promise<void> {
  const path = `/v1/leases/${lease.id}`
  await asAgent(load, { kind: 'read', method: 'GET', path, member: lease.holder, lease })
}
