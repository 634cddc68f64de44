import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { settingsInForce } from '../../src/compose/settings-in-force.ts'
import * as limits from '../../src/domain/limits.ts'
import { readConfig, SETTING_NAMES } from '../../src/settings/config.ts'
import { type Deployment, openDeployment } from '../support/http.ts'

function told(env: Record<string, string>) {
  const read = readConfig({ env })
  if (!read.ok) throw new Error(read.problem)
  return settingsInForce(read.config)
}

describe('what a process goes by', () => {
  let site: Deployment
  beforeAll(async () => {
    site = await openDeployment()
  })
  afterAll(() => site.close())

  it('every limit is told to owners and operators with its number and reason, and to nobody else', async () => {
    for (const person of [site.owner, site.operator]) {
      const seen = await person.ask('GET', '/v1/limits')
      expect(seen.status).toBe(200)
      const built = seen.json.limits.map((one: { name: string; value: number }) => {
        return [one.name, one.value]
      })
      expect(Object.fromEntries(built)).toEqual({ ...limits })
    }
    const seen = await site.owner.ask('GET', '/v1/limits')
    const unexplained = seen.json.limits.filter(
      ({ reason, subject }: { reason: string; subject: string }) => !reason || !subject,
    )
    expect(unexplained, 'npm run reference writes the reasons.').toEqual([])
    const agent = await site.enroll('curious')
    expect((await agent.ask('GET', '/v1/limits')).status).not.toBe(200)
    expect((await site.nobody.ask('GET', '/v1/limits')).status).toBe(401)
  })

  it('every setting is told with what it would be, had nobody set it', () => {
    const settings = told({ WRIT_LOG_LEVEL: 'debug', WRIT_LISTENERS_API: '127.0.0.1:9999' })
    expect(settings.map(({ name }) => name)).toEqual(SETTING_NAMES)
    const of = (name: string) => settings.find((one) => one.name === name)
    expect(of('log.level')).toMatchObject({ value: 'debug', standard: 'info' })
    expect(settings.filter(({ purpose }) => purpose === '')).toEqual([])
    expect(of('listeners.api')).toMatchObject({
      value: '127.0.0.1:9999',
      standard: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    })
  })

  it('I12: of what holds a secret only that it is set', () => {
    const secret = 'hunter2hunter2'
    const settings = told({ WRIT_DATABASE_URL: `postgres://writ:${secret}@db/writ` })
    expect(JSON.stringify(settings)).not.toContain(secret)
    expect(settings.find(({ name }) => name === 'database_url')?.value).toBe('set')
  })
})
