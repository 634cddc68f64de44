import { afterEach, describe, expect, it } from 'vitest'
import { mint, openLease, present } from './calls.ts'
import { type Deployment, deploy, type Member } from './deployment.ts'
import { type DiskFault, type FaultyDisk, faultyDisk } from './faulty-disk.ts'

const FAULTS: readonly DiskFault[] = ['sync', 'write', 'full']
const REFUSED = 'refused:status_unknown'

/** A deployment on a failing disk, with a worker, its lease, and tokens for many calls. */
interface Scene {
  readonly disk: FaultyDisk
  readonly deployment: Deployment
  readonly worker: Member
  readonly lease: string
  readonly tokens: string[]
}

const closing: (() => Promise<void> | void)[] = []
const problem = faultyDisk()
if (typeof problem !== 'string') problem.remove()

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function scene(): Promise<Scene> {
  const disk = faultyDisk()
  if (typeof disk === 'string') throw new Error(disk)
  closing.push(() => disk.remove())
  const deployment = await deploy({ gateways: 0, dataDir: disk.dataDir, env: disk.env })
  closing.push(() => deployment.end())
  const worker = await deployment.enroll('worker', 8)
  const lease = await openLease(worker, deployment.scope)
  const tokens = (await Promise.all([64, 64].map((count) => mint(worker, lease, count)))).flat()
  return { disk, deployment, worker, lease, tokens }
}

/** Presents tokens all at once, each on a path of its own name; answers what became of each. */
function presentAll({ deployment, worker }: Scene, name: string, tokens: readonly string[]) {
  const [gateway = ''] = deployment.gateways
  return Promise.all(tokens.map((token, at) => present(worker, gateway, token, `/${name}/${at}`)))
}

async function revoke({ deployment }: Scene, lease: string): Promise<string> {
  const path = `/v1/leases/${lease}/revoke`
  const answer = await deployment.owner.call({ method: 'POST', path, body: { reason: 'test' } })
  return answer.ok ? 'revoked' : `${answer.problem.status} ${answer.problem.code}`
}

async function auditOf({ deployment }: Scene): Promise<unknown> {
  const answer = await deployment.owner.call({ method: 'GET', path: '/v1/audit/verify' })
  return answer.ok ? answer.value : answer.problem
}

const all = (times: number, outcome: string) => Array.from({ length: times }, () => outcome)

describe.skipIf(typeof problem === 'string')('a disk that fails under a running process', () => {
  it.each(FAULTS)(
    'I7, I9, I10: "%s" refuses every decision as status_unknown, and the process goes on after it',
    async (fault) => {
      const on = await scene()
      const { disk, deployment, worker, tokens } = on
      const doomed = await openLease(worker, deployment.scope)
      expect(await presentAll(on, 'before', tokens.splice(0, 8))).toEqual(all(8, 'spent'))

      disk.fail(fault)
      const tried = tokens.splice(0, 16)
      expect(await presentAll(on, 'tried', tried)).toEqual(all(16, REFUSED))
      expect(await revoke(on, doomed)).toBe('503 status_unknown')
      const path = `/v1/leases/${doomed}`
      expect(await deployment.owner.call({ method: 'GET', path }), 'reads go on').toMatchObject({
        value: { state: 'live' },
      })
      expect(deployment.reached.get('/tried/0')).toBeUndefined()

      disk.heal()
      expect(await presentAll(on, 'again', tried), 'none of them was spent').toEqual(
        all(16, 'spent'),
      )
      expect(await revoke(on, doomed)).toBe('revoked')
      expect(await presentAll(on, 'twice', tried)).toEqual(all(16, 'refused:token_used'))
      expect(await auditOf(on)).toMatchObject({ whole: true })
    },
  )

  it('I7, I9: what was acknowledged between failed fsyncs survives a power loss', async () => {
    const on = await scene()
    const { disk, deployment, worker, tokens } = on
    const doomed = await openLease(worker, deployment.scope)
    const [orphan = ''] = await mint(worker, doomed, 1)
    const spent: string[] = []
    for (let round = 0; round < 8; round += 1) {
      disk.fail('sync')
      await presentAll(on, 'lost', tokens.splice(0, 4))
      disk.heal()
      const tried = tokens.splice(0, 1 + (round % 4))
      const outcomes = await presentAll(on, `kept${round}`, tried)
      spent.push(...tried.filter((_, at) => outcomes[at] === 'spent'))
    }
    expect(await revoke(on, doomed)).toBe('revoked')
    disk.fail('sync')
    await presentAll(on, 'last', tokens.splice(0, 4))
    await deployment.processes[0]?.kill()
    disk.losePower()
    disk.heal()
    await deployment.processes[0]?.restart()
    expect(spent).toHaveLength(20)
    expect(await presentAll(on, 'after', spent)).toEqual(all(20, 'refused:token_used'))
    expect(await presentAll(on, 'orphan', [orphan])).toEqual(['refused:revoked'])
    expect(await auditOf(on)).toMatchObject({ whole: true })
  })

  it('I7, I9: a restart after a failed fsync builds on nothing that a power loss would take', async () => {
    const on = await scene()
    const { disk, deployment, worker, tokens } = on
    const doomed = await openLease(worker, deployment.scope)
    const [orphan = ''] = await mint(worker, doomed, 1)
    disk.fail('sync')
    await presentAll(on, 'lost', tokens.splice(0, 16))
    await deployment.processes[0]?.kill()
    disk.heal()
    await deployment.processes[0]?.restart()
    const tried = tokens.splice(0, 16)
    expect(await presentAll(on, 'kept', tried)).toEqual(all(16, 'spent'))
    expect(await revoke(on, doomed)).toBe('revoked')
    await deployment.processes[0]?.kill()
    disk.losePower()
    await deployment.processes[0]?.restart()
    expect(await presentAll(on, 'after', tried)).toEqual(all(16, 'refused:token_used'))
    expect(await presentAll(on, 'orphan', [orphan])).toEqual(['refused:revoked'])
    expect(await auditOf(on)).toMatchObject({ whole: true })
  })
})
