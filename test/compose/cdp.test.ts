import { createHash } from 'node:crypto'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { serveCdp } from '../../src/compose/cdp.ts'
import { createEndings } from '../../src/compose/process.ts'
import { createLog } from '../../src/log.ts'
import { readConfig } from '../../src/settings/config.ts'
import { type Deployment, openDeployment } from '../support/http.ts'

let site: Deployment | undefined
afterEach(() => site?.close())

describe('the gate of CDP in a process', () => {
  it('CDPX-08: a process with a socket says beside it where its gate is, and which', async () => {
    site = await openDeployment()
    const folder = join(site.folder, 'run')
    const path = join(folder, 'gate.sock')
    const read = readConfig({ flags: { 'cdp.socket': path } })
    if (!read.ok) throw new Error(read.problem)
    const log = createLog({ level: 'error', destination: { write: () => undefined } })
    const endings = createEndings()
    await serveCdp(read.config, { world: site.world, log }, endings)
    const file = join(folder, 'gate.fingerprint')
    const told = JSON.parse(readFileSync(file, 'utf8'))
    const hash = createHash('sha256').update(readFileSync(process.execPath)).digest('hex')
    expect(told).toMatchObject({
      gate_pid: process.pid,
      gate_binary_hash: `sha256:${hash}`,
      socket_path: path,
      issuer: site.world.issuer,
    })
    const keys = site.world.keys.jwks().keys.map(({ x }) => `ed25519:${x}`)
    expect(keys).toContain(told.public_key)
    expect(statSync(file).mode & 0o777).toBe(0o400)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    await endings.run()
    const probe = createConnection(path)
    const failed = await new Promise((resolve) => probe.once('error', resolve))
    expect(failed).toBeInstanceOf(Error)
    rmSync(folder, { recursive: true, force: true })
  })

  it('there is none unless it is set', async () => {
    site = await openDeployment()
    const read = readConfig({})
    if (!read.ok) throw new Error(read.problem)
    const log = createLog({ level: 'error', destination: { write: () => undefined } })
    expect(await serveCdp(read.config, { world: site.world, log }, createEndings())).toEqual({})
  })
})
