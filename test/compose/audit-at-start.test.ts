import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { serve } from '../../src/compose/serve.ts'
import { type Config, readConfig } from '../../src/settings/config.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-audit-start-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function config(verifies: string): Config {
  const read = readConfig({
    flags: {
      data_dir: join(folder, 'data'),
      keys_dir: join(folder, 'keys'),
      'log.level': 'silent',
      'listeners.api': '127.0.0.1:0',
      'listeners.agents': '127.0.0.1:0',
      'audit.verify_at_start': verifies,
    },
  })
  if (!read.ok) throw new Error(read.problem)
  return read.config
}

it('CDP-26: an edited trail does not serve, unless verifying is left to the command; an alert tells of it once', async () => {
  const first = await serve(config('true'), ['authority'], {})
  await first.close()
  const db = new Database(join(folder, 'data', 'writ.db'))
  db.exec(`update audit_records set body = replace(body, 'authority', 'somebody')`)
  db.close()
  const starting = serve(config('true'), ['authority'], {})
  await expect(starting).rejects.toMatchObject({ code: 'audit_broken' })
  await expect(serve(config('true'), ['authority'], {})).rejects.toThrow()
  const served = await serve(config('false'), ['authority'], {})
  const bearer = readFileSync(served.ownerTokenFile, 'utf8').trim()
  const headers = { authorization: `Bearer ${bearer}` }
  const ask = async (path: string) =>
    (await fetch(`${served.api}${path}`, { headers })).json() as Promise<{ items?: unknown }>
  expect(await ask('/v1/audit/verify')).toMatchObject({ whole: false })
  const { items } = await ask('/v1/alerts?kind=audit.broken')
  expect(items).toMatchObject([{ severity: 'critical', acknowledged: null }])
  await served.close()
})

it('the trail of a new store is watched from before its first request', async () => {
  const served = await serve(config('true'), ['authority'], {})
  const db = new Database(join(folder, 'data', 'writ.db'), { readonly: true })
  const cursors = db.prepare('select chain, sequence from watch_cursors').all()
  const begun = db.prepare('select chain from audit_chains').all()
  db.close()
  await served.close()
  expect(begun.length).toBeGreaterThan(0)
  expect(cursors).toHaveLength(begun.length)
})
