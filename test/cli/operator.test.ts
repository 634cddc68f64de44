import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runHere } from '../support/cli-here.ts'
import { handAuthority } from '../support/pki.ts'

test('I12: operator add sends no file that has a private key in it', async () => {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()).toString('utf8'))
    const made = { name: 'ann', role: 'owner', certificate_thumbprint: 'x' }
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(made))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const folder = mkdtempSync(join(tmpdir(), 'writ-operator-'))
  const { cert, key } = await (await handAuthority('CN=Company')).issue({ names: [] })
  const add = (name: string, ...parts: readonly string[]) => {
    const file = join(folder, name)
    writeFileSync(file, parts.join('\n'))
    const words = ['operator', 'add', 'ann', '--role', 'owner', '--certificate', file]
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return runHere(words, { WRIT_ADDR: address, WRIT_TOKEN: `writ_owner_${'A'.repeat(43)}` })
  }
  const both = await add('both.pem', cert, key)
  expect([both.exit, bodies]).toEqual([2, []])
  expect(both.stderr).toContain('There is a private key in')
  expect((await add('cert.pem', cert)).exit).toBe(0)
  expect(bodies.map((body) => JSON.parse(body).certificate)).toEqual([cert])
  server.close()
})
