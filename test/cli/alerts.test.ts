import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CliServer, startCliServer } from '../support/cli-server.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'

let server: CliServer
let receiver: Receiver
let hook = ''

beforeAll(async () => {
  server = await startCliServer()
  receiver = await startReceiver()
})
afterAll(async () => {
  receiver.close()
  await server.close()
})

describe('writ webhook and writ alert', () => {
  it('I12: add a receiver; the secret goes to a closed file and nowhere else', async () => {
    const file = join(server.folder, 'webhook.secret')
    const words = ['webhook', 'add', receiver.url, '--private-net', '--out', file, '--json']
    const ran = await server.owner([...words, '--kind', 'audit.broken'])
    expect(ran.exit, ran.stderr).toBe(0)
    expect(readFileSync(file, 'utf8')).toMatch(/^whsec_/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(ran.stdout + ran.stderr).not.toContain('whsec_')
    hook = JSON.parse(ran.stdout).id
  })

  it('test it: the exit status says whether it took the message', async () => {
    const taken = await server.owner(['webhook', 'test', hook])
    expect([taken.exit, taken.stdout.trim()]).toEqual([0, 'It took the message (status 204).'])
    receiver.status = 503
    const refused = await server.owner(['webhook', 'test', hook, '--json'])
    expect([refused.exit, JSON.parse(refused.stdout)]).toEqual([
      1,
      { delivered: false, status: 503, detail: null },
    ])
  })

  it('list and remove it', async () => {
    const list = await server.owner(['webhook', 'list'])
    expect(list.stdout).toContain(`${hook}  ${receiver.url}  audit.broken`)
    expect((await server.owner(['webhook', 'remove', hook, '--yes'])).exit).toBe(0)
    const none = await server.owner(['webhook', 'list', '--json'])
    expect(JSON.parse(none.stdout).items).toEqual([])
  })

  it('list alerts, and refuse to acknowledge one that is not there', async () => {
    const list = await server.owner(['alert', 'list', '--open', '--json'])
    expect(JSON.parse(list.stdout)).toEqual({ items: [], cursor: null })
    const unknown = await server.owner(['alert', 'ack', 'alert_AAAAAAAAAAAAAAAAAAAAAA'])
    expect(unknown.exit).toBe(4)
  })
})
