import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createApiApp } from '../../src/compose/apps.ts'
import { readConsole } from '../../src/console-host/files.ts'
import { CONSOLE_FILES_MAX } from '../../src/domain/limits.ts'
import { createHealth } from '../../src/listener/health.ts'
import { createLog } from '../../src/log.ts'
import { openDeployment } from '../support/http.ts'
import { freshFolder } from '../support/pki.ts'

function built(files = 1): string {
  const folder = freshFolder()
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html>')
  writeFileSync(join(folder, 'notes.txt'), 'not for the wire')
  for (let at = 0; at < files; at += 1) writeFileSync(join(folder, 'assets', `a${at}-1.js`), '0')
  return folder
}

async function appOf(folder: string | undefined) {
  const site = await openDeployment()
  const files = folder === undefined ? undefined : readConsole(folder)
  const { world, metrics } = site
  const log = createLog({ level: 'warn', destination: { write: () => undefined } })
  const health = createHealth()
  const app = createApiApp({ world, metrics, log, health, hosts: [], console: files })
  return {
    get: (path: string) =>
      app.request(`http://localhost${path}`, { headers: { host: 'localhost' } }),
    close: site.close,
  }
}

describe('the files of the console', () => {
  it('come with a policy that lets nothing in from elsewhere and nothing inline', async () => {
    const { get, close } = await appOf(built())
    const page = await get('/console/')
    expect([page.status, await page.text()]).toEqual([200, '<!doctype html>'])
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toContain('unsafe')
    expect(policy).toContain("require-trusted-types-for 'script'; trusted-types 'none'")
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(page.headers.get('x-frame-options')).toBe('DENY')
    await close()
  })

  it('are kept for good where their name says their content, and never guessed at', async () => {
    const { get, close } = await appOf(built())
    const asset = await get('/console/assets/a0-1.js')
    expect(asset.headers.get('cache-control')).toContain('immutable')
    expect(asset.headers.get('content-type')).toContain('text/javascript')
    for (const path of ['assets/b.js', 'notes.txt', 'assets/..%2findex.html', 'x/y']) {
      expect((await get(`/console/${path}`)).status).toBe(404)
    }
    expect((await get('/console')).headers.get('location')).toBe('/console/')
    await close()
  })

  it('are missed with a plain sentence where the console has not been built', async () => {
    expect(readConsole(freshFolder())).toBeUndefined()
    const { get, close } = await appOf(undefined)
    const page = await get('/console/')
    expect(page.status).toBe(503)
    expect(await page.text()).toContain('npm run build:console')
    await close()
  })

  it('are not read from a folder that is something else', () => {
    expect(() => readConsole(built(CONSOLE_FILES_MAX))).toThrow('is not the built console')
  })
})
