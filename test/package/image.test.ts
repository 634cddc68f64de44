import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { installed } from '../support/packed.ts'
import { ROOT } from '../tidy/sources.ts'

const INSTALL_MS = 540_000
const STRANGER = 65_534
const mayChangeUser = process.getuid?.() === 0
/** In most containers nothing may be mounted; there its user alone keeps it from writing. */
const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0
const READ_ONLY =
  'mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"'

let folder: string | undefined

beforeAll(async () => {
  folder = (await installed()).folder
}, INSTALL_MS)

/** What the Dockerfile sets, with the folder and the ports changed to those of this machine. */
function environmentOf(state: string): NodeJS.ProcessEnv {
  const text = readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8')
  const found = [...text.matchAll(/(WRIT_\w+|NODE_ENV)=(\S+)/g)]
  const env = Object.fromEntries(found.map(([, name = '', value = '']) => [name, value]))
  const here = (value: string) =>
    value.replace('/var/lib/writ', state).replace(/^[\d.]+:94\d\d$/, '127.0.0.1:0')
  return {
    PATH: process.env['PATH'],
    ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, here(value)])),
    WRIT_LISTENERS_API: '127.0.0.1:0',
  }
}

describe.skipIf(!mayChangeUser)('the command of the image', () => {
  test('serves from a tree it can not write to, under another user', async ({ skip }) => {
    if (folder === undefined) return skip('The registry of npm can not be reached.')
    const place = mkdtempSync(join(tmpdir(), 'writ-image-'))
    chmodSync(place, 0o711)
    chmodSync(folder, 0o755)
    const state = join(place, 'state')
    mkdirSync(state, { mode: 0o700 })
    chownSync(state, STRANGER, STRANGER)
    const as = `setpriv --reuid ${STRANGER} --regid ${STRANGER} --clear-groups --no-new-privs`
    const start = `cd "$1" && exec ${as} "$2" "$1/node_modules/writ/dist/cli/main.mjs" serve --json`
    const script = mayMount ? `${READ_ONLY} && ${start}` : start
    const child = spawn(
      mayMount ? 'unshare' : 'env',
      [...(mayMount ? ['--mount'] : []), 'sh', '-c', script, 'sh', folder, process.execPath],
      { env: environmentOf(state) },
    )
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
    })
    const ended = once(child, 'exit')
    const failed = ended.then(([code]) => Promise.reject(new Error(`ended with ${code}: ${said}`)))
    failed.catch(() => undefined)
    const [line] = await Promise.race([once(child.stdout, 'data'), failed])
    const { api, admin, owner_token_file: token } = JSON.parse(String(line))
    expect(token).toBe(join(state, 'keys/owner.token'))
    for (const path of [`${api}/console/`, `${admin}/readyz`]) {
      expect((await fetch(path)).status).toBe(200)
    }
    child.kill('SIGTERM')
    expect((await ended)[0]).toBe(0)
  })
})
