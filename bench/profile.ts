import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Profiler } from 'node:inspector'
import { Children, call, openYard } from './gateways.ts'
import { type Effort, rate } from './measure.ts'
import { signTokens } from './stage.ts'

/** Self time of one group of modules. */
export interface Share {
  readonly group: string
  /** Of the whole time, the event loop's waiting included. */
  readonly ofAll: number
  /** Of the time in which the main thread did anything. */
  readonly ofBusy: number
  /** The functions it went into, most first. */
  readonly most: readonly string[]
}

/** In the order in which they are asked; the first that fits takes the frame. */
const GROUPS: readonly (readonly [string, RegExp])[] = [
  ['store, SQLite', /better-sqlite3|\/src\/store\/|kysely|\/src\/domain\/redemption/],
  ['scope', /\/src\/domain\/scope\//],
  ['cryptography', /node:internal\/crypto|\/src\/token\/signature|node:crypto|\/jose\//],
  ['tokens, JSON', /\/src\/token\/|\/src\/domain\/json/],
  ['admission', /\/src\/admission\/|\/src\/domain\/|\/src\/usecases\//],
  ['TLS, sockets', /node:_?tls|node:internal\/tls|node:net|stream_base_commons/],
  ['HTTP, streams', /node:_?http|node:internal\/http|undici|llhttp|stream|node:events|buffer/],
  ['gateway', /\/src\/gateway\/|\/src\/pki\/|\/src\/compose|\/src\/metrics|prom-client/],
  ['the benchmark itself', /\/bench\//],
]
const MOST = 3

/** Profiles a gateway process under load, or admission in a process, and groups its self time. */
export const PROFILES: Readonly<Record<string, (effort: Effort) => Promise<readonly Share[]>>> = {
  admission: profileAdmission,
  gateway: profileGateway,
}

async function profileGateway(effort: Effort): Promise<readonly Share[]> {
  const yard = await openYard(1)
  try {
    const pool = yard.connect(yard.gateways[0] ?? '', 64)
    let tokens: readonly string[] = []
    const prepare = async (count: number): Promise<void> => {
      tokens = await signTokens(yard.stage, yard.leaf, yard.caller, count)
    }
    const burst = async (): Promise<void> => {
      await rate(tokens, 64, async (token) => {
        const status = await call(pool, '/api/reports/7', token)
        if (status !== 200) throw new Error(`the gateway answered ${status}`)
      })
    }
    const [gateway] = yard.processes
    if (gateway === undefined) throw new Error('a yard has a gateway')
    return await profiled(gateway, effort, { prepare, burst })
  } finally {
    await yard.end()
  }
}

async function profileAdmission(effort: Effort): Promise<readonly Share[]> {
  const children = new Children()
  try {
    const { child } = await children.start('admission', {})
    const ask = async (what: string, count: number): Promise<void> => {
      child.send({ what, count })
      await once(child, 'message')
    }
    return await profiled(child, effort, {
      prepare: (count) => ask('sign', count),
      burst: (count) => ask('admit', count),
    })
  } finally {
    await children.end()
  }
}

async function profiled(
  child: ChildProcess,
  effort: Effort,
  work: {
    /** Makes the tokens, before the profile begins. */
    readonly prepare: (count: number) => Promise<void>
    readonly burst: (count: number) => Promise<void>
  },
): Promise<readonly Share[]> {
  const count = { tiny: 300, quick: 5_000, usual: 20_000, full: 60_000 }[effort]
  const warm = Math.ceil(count / 4)
  await work.prepare(warm)
  await work.burst(warm)
  await work.prepare(count)
  child.send({ profile: 'start' })
  await once(child, 'message')
  await work.burst(count)
  child.send({ profile: 'stop' })
  const [{ profile }] = (await once(child, 'message')) as [{ profile: Profiler.Profile }]
  return sharesOf(profile)
}

/** Self time by group, largest first. A native function belongs to whoever called it. */
function sharesOf(profile: Profiler.Profile): readonly Share[] {
  const groups = new Map<number, string>()
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const place = (id: number, above: string): void => {
    const node = nodes.get(id)
    if (node === undefined) return
    const group = groupOf(node.callFrame) ?? above
    groups.set(id, group)
    for (const child of node.children ?? []) place(child, group)
  }
  const [root] = profile.nodes
  if (root !== undefined) place(root.id, 'the rest of Node')

  const spent = new Map<string, Map<string, number>>()
  const deltas = profile.timeDeltas ?? []
  for (const [at, id] of (profile.samples ?? []).entries()) {
    const group = groups.get(id) ?? 'the rest of Node'
    const names = spent.get(group) ?? new Map<string, number>()
    const name = nodes.get(id)?.callFrame.functionName || '(anonymous)'
    names.set(name, (names.get(name) ?? 0) + (deltas[at] ?? 0))
    spent.set(group, names)
  }
  return ranked(spent)
}

function ranked(spent: ReadonlyMap<string, ReadonlyMap<string, number>>): readonly Share[] {
  const sum = (names: ReadonlyMap<string, number> | undefined): number =>
    [...(names?.values() ?? [])].reduce((total, each) => total + each, 0)
  const all = [...spent.values()].reduce((total, names) => total + sum(names), 0)
  const busy = all - sum(spent.get('idle'))
  return [...spent]
    .map(([group, names]) => ({
      group,
      ofAll: shareOf(sum(names), all),
      ofBusy: group === 'idle' ? 0 : shareOf(sum(names), busy),
      most: [...names]
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, MOST)
        .map(([name, each]) => `${name} ${Math.round(shareOf(each, all) * 100)} %`),
    }))
    .toSorted((a, b) => b.ofAll - a.ofAll)
}

function groupOf({ functionName, url }: Profiler.Profile['nodes'][0]['callFrame']) {
  if (functionName === '(idle)') return 'idle'
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (functionName === '(program)') return 'native code outside of JavaScript'
  if (url === '') return undefined
  return GROUPS.find(([, pattern]) => pattern.test(url))?.[0] ?? 'the rest of Node'
}

function shareOf(part: number, whole: number): number {
  return Number((part / whole).toFixed(4))
}
