import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { mint, openLease, present } from './calls.ts'
import { deploy } from './deployment.ts'

const DISK = '6m'
const LANES = 8

/** A small file system of its own, or the sentence that says why there can be none. */
function smallDisk(): { readonly folder: string; remove(): void } | string {
  if (process.platform !== 'linux') return 'Only Linux mounts a tmpfs.'
  const folder = mkdtempSync(join(tmpdir(), 'writ-small-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', folder], {
      stdio: 'pipe',
    })
  } catch (cause) {
    rmSync(folder, { recursive: true })
    return `Mounting a small file system is not allowed here: ${String(cause)}`
  }
  chmodSync(folder, 0o700)
  return {
    folder,
    remove() {
      execFileSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const disk = smallDisk()

afterAll(() => {
  if (typeof disk !== 'string') disk.remove()
})

describe.skipIf(typeof disk === 'string')('a disk that fills up under a running process', () => {
  it('I7, I9, I10: refuses from the first decision that does not fit, and forgets none that did', async () => {
    const { folder: dataDir } = disk as Exclude<typeof disk, string>
    const deployment = await deploy({ gateways: 0, dataDir })
    const [process] = deployment.processes
    const [gateway = ''] = deployment.gateways
    const filler = join(dataDir, 'filler')
    try {
      const worker = await deployment.enroll('worker', LANES)
      const lease = await openLease(worker, deployment.scope)
      const tokens = (
        await Promise.all(
          Array(8)
            .fill(64)
            .map((n) => mint(worker, lease, n)),
        )
      ).flat()
      expect(() => writeFileSync(filler, Buffer.alloc(64 * 1024 * 1024))).toThrow('ENOSPC')
      rmSync(filler)
      const free = Number(execFileSync('stat', ['-f', '-c', '%a', dataDir]).toString())
      writeFileSync(filler, Buffer.alloc(Math.max(0, free - 60) * 4096))

      const outcomes = new Map<string, string>()
      const queue = [...tokens.entries()]
      const lanes = Array.from({ length: LANES }, async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          outcomes.set(next[1], await present(worker, gateway, next[1], `/first/${next[0]}`))
        }
      })
      await Promise.all(lanes)
      const spent = tokens.filter((token) => outcomes.get(token) === 'spent')
      expect(new Set(outcomes.values())).toEqual(new Set(['spent', 'refused:status_unknown']))
      const path = `/v1/leases/${lease}/revoke`
      const asked = { method: 'POST', path, body: { reason: 'test' } } as const
      expect(await deployment.owner.call(asked)).toMatchObject({
        problem: { status: 503, code: 'status_unknown' },
      })

      await process?.kill()
      await expect(process?.restart(), 'a full disk is said in a sentence').rejects.toThrow(
        /It does not start: .*SQLITE_(FULL|IOERR|CANTOPEN)/,
      )
      rmSync(filler)
      await process?.restart()
      for (const token of spent.slice(-64)) {
        expect(await present(worker, gateway, token, '/again')).toBe('refused:token_used')
      }
      expect(await deployment.owner.call(asked)).toMatchObject({ ok: true })
      const verify = { method: 'GET', path: '/v1/audit/verify' } as const
      expect(await deployment.owner.call(verify)).toMatchObject({ value: { whole: true } })
      expect(Math.max(...deployment.reached.values())).toBe(1)
    } finally {
      await deployment.end()
    }
  })
})
