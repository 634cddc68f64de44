import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { watchProcesses } from '../../../src/attestation/process/liveness.ts'
import { measurePeer } from '../../../src/attestation/process/measure.ts'
import {
  hashExe,
  parseStat,
  parseUid,
  readExe,
  readStat,
} from '../../../src/attestation/process/proc-files.ts'
import { findSocket, isLocal } from '../../../src/attestation/process/tcp-owner.ts'
import type { ConnectionEnds } from '../../../src/domain/attestation.ts'
import { PROCESS_BINARY_BYTES_MAX } from '../../../src/domain/limits.ts'

const children: ChildProcess[] = []
let server: Server

beforeAll(async () => {
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  server.close()
})

/** A process of its own that connects to us and waits; answers our side of the connection. */
async function connectChild(script = ''): Promise<{ child: ChildProcess; ends: ConnectionEnds }> {
  const { port } = server.address() as AddressInfo
  const code = `process.title = 'a (b) 1 2 3';
    const s = require('node:net').connect(${port}, '127.0.0.1'); ${script}`
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const child = spawn(process.execPath, ['-e', code], { stdio: 'ignore' })
  children.push(child)
  const [socket] = await accepted
  socket.on('error', () => undefined)
  const { localAddress, localPort, remoteAddress, remotePort } = socket
  return {
    child,
    ends: { localAddress, localPort, remoteAddress, remotePort } as ConnectionEnds,
  }
}

function failed(process: string) {
  return { ok: false, refusal: { code: 'attestation_failed', facts: { process } } }
}

describe('the process at the other end of a connection', () => {
  it('CDP-06: is measured by the authority: its pid, user, binary and start', async () => {
    const { child, ends } = await connectChild()
    const measured = await measurePeer(ends)
    const binary = createHash('sha256').update(readFileSync(process.execPath)).digest('base64url')
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    expect(stat).toContain('(a (b) 1 2 3)')
    expect(measured).toMatchObject({
      ok: true,
      value: {
        pid: child.pid,
        uid: userInfo().uid,
        binaryHash: binary,
        startTime: stat.split(') ').at(-1)?.split(' ')[19],
        fingerprint: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      },
    })
  })

  it('is nobody when two processes hold the connection', async () => {
    const { ends } = await connectChild(
      `s.on('connect', () => require('node:child_process').spawn('sleep', ['30'], ` +
        `{ stdio: ['ignore', 'ignore', 'ignore', s._handle.fd] }))`,
    )
    await expect
      .poll(() => measurePeer(ends), { timeout: 10_000 })
      .toEqual({
        ...failed('several processes hold the connection'),
        refusal: expect.objectContaining({ code: 'attestation_failed' }),
      })
  })

  it('is nobody when it has gone, or is not on this machine', async () => {
    const { child, ends } = await connectChild()
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await measurePeer(ends)).toMatchObject({ ok: false })
    const afar = { ...ends, remoteAddress: '192.0.2.7' }
    expect(await measurePeer(afar)).toMatchObject(failed('the peer is not on this machine'))
  })

  it('CDP-23: is seen to have ended, by its start time', async () => {
    const { child, ends } = await connectChild()
    const measured = await measurePeer(ends)
    if (!measured.ok) throw new Error('not measured')
    const watch = await watchProcesses()
    expect(watch.host).toBe(measured.value.host)
    expect(await watch.look(measured.value)).toBe('runs')
    const recycled = { ...measured.value, startTime: '1' }
    expect(await watch.look(recycled)).toBe('ended')
    expect(await watch.look({ ...measured.value, exe: 'another file' })).toBe('changed')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await watch.look(measured.value)).toBe('ended')
  })

  it('runs another binary once its own was replaced, moved or removed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'writ-binary-'))
    const binary = join(folder, 'sleep')
    copyFileSync(spawnSync('readlink', ['-f', '/bin/sleep']).stdout.toString().trim(), binary)
    const child = spawn(binary, ['600'], { stdio: 'ignore' })
    children.push(child)
    await once(child, 'spawn')
    const pid = child.pid ?? 0
    const stat = await readStat(pid)
    const measured = { pid, startTime: String(stat?.startTime), exe: (await readExe(pid)).key }
    const watch = await watchProcesses()
    expect(await watch.look(measured)).toBe('runs')
    rmSync(folder, { recursive: true })
    expect(await watch.look(measured)).toBe('changed')
  })
})

describe('what the kernel writes', () => {
  it('a name with spaces and parentheses moves no field', () => {
    const after = `S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 1 1`
    for (const comm of ['node', 'a b', ') S 1 2 3 (', 'x) 9 9 9', '((()']) {
      expect(parseStat(`42 (${comm}) ${after}`)).toEqual({ state: 'S', startTime: 98765n })
    }
    expect(parseStat('42 node S 1')).toBeUndefined()
    expect(parseStat('42 (node) S 1 1')).toBeUndefined()
    expect(parseStat('')).toBeUndefined()
  })

  it('a process between two users is nobody in particular', () => {
    expect(parseUid('Name:\tx\nUid:\t1000\t1000\t1000\t1000\nGid:\t1')).toBe(1000)
    expect(parseUid('Uid:\t1000\t0\t0\t0\n')).toBeUndefined()
    expect(parseUid('Name:\tUid:\t0\t0\t0\t0\n')).toBeUndefined()
  })

  it('the peer is found in the table by both ends, once and established', () => {
    const head = '  sl  local_address rem_address   st tx rx tr tm retr uid timeout inode'
    const row = (local: string, remote: string, state: string, uid: number, inode: number) =>
      `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1`
    const ours = row('0100007F:1F90', '0100007F:C000', '01', 0, 11)
    const theirs = row('0100007F:C000', '0100007F:1F90', '01', 1000, 22)
    const ends = {
      localAddress: '127.0.0.1',
      localPort: 8080,
      remoteAddress: '127.0.0.1',
      remotePort: 49152,
    }
    const found = { inode: '22', uid: 1000 }
    expect(findSocket([head, ours, theirs].join('\n'), ends)).toEqual(found)
    const mapped = { ...ends, localAddress: '::ffff:127.0.0.1', remoteAddress: '::ffff:127.0.0.1' }
    expect(findSocket([head, ours, theirs].join('\n'), mapped)).toEqual(found)
    expect(findSocket([head, theirs, theirs].join('\n'), ends)).toBeUndefined()
    expect(findSocket([head, ours].join('\n'), ends)).toBeUndefined()
    expect(findSocket([head, theirs.replace(' 01 ', ' 06 ')].join('\n'), ends)).toBeUndefined()
    const six = '00000000000000000000000001000000'
    const theirsSix = row(`${six}:C000`, `${six}:1F90`, '01', 7, 33)
    const loopback = { ...ends, localAddress: '::1', remoteAddress: '::1' }
    expect(findSocket([head, theirsSix].join('\n'), loopback)).toEqual({ inode: '33', uid: 7 })
  })

  it('only loopback is this machine', () => {
    const at = (localAddress: string, remoteAddress: string) =>
      isLocal({ localAddress, remoteAddress, localPort: 1, remotePort: 2 })
    expect(at('127.0.0.1', '127.9.9.9')).toBe(true)
    expect(at('::1', '::1')).toBe(true)
    expect(at('::ffff:127.0.0.1', '::ffff:127.0.0.1')).toBe(true)
    for (const far of ['10.0.0.1', '::ffff:10.0.0.1', 'fe80::1%eth0', '0.0.0.0', '', 'localhost']) {
      expect(at('127.0.0.1', far)).toBe(false)
    }
  })

  it(`at most PROCESS_BINARY_BYTES_MAX (${PROCESS_BINARY_BYTES_MAX}) bytes are hashed`, async () => {
    const expected = createHash('sha256').update(readFileSync('/proc/self/exe')).digest()
    expect(expected.equals(await hashExe(process.pid))).toBe(true)
  })
})
