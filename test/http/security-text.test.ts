import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiApp } from '../../src/compose/apps.ts'
import { SECURITY_TEXT_DAYS } from '../../src/domain/limits.ts'
import type { SecurityContact } from '../../src/http/security-text.ts'
import { createHealth } from '../../src/listener/health.ts'
import { createLog } from '../../src/log.ts'
import { readConfig } from '../../src/settings/config.ts'
import { type Deployment, openDeployment } from '../support/http.ts'

let site: Deployment

beforeAll(async () => {
  site = await openDeployment()
})
afterAll(() => site.close())

async function ask(security: SecurityContact | undefined, issuer = 'https://writ.example/a') {
  const { world, metrics } = site
  const log = createLog({ level: 'silent' })
  const parts = { log, metrics, health: createHealth({}), hosts: ['writ.example'], security }
  const app = createApiApp({ world: { ...world, issuer }, ...parts })
  return app.request('https://writ.example/.well-known/security.txt')
}

const CONTACT = { contact: 'mailto:security@acme.example', policy: '' }

describe('/.well-known/security.txt (RFC 9116)', () => {
  it('names the contact, a term of less than a year and its one address', async () => {
    const answer = await ask(CONTACT)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    const [contact, expires = '', canonical, ...more] = (await answer.text()).split('\n')
    expect(contact).toBe('Contact: mailto:security@acme.example')
    expect(canonical).toBe('Canonical: https://writ.example/.well-known/security.txt')
    expect(more).toEqual([''])
    const days =
      (Date.parse(expires.replace('Expires: ', '')) / 1000 - site.world.store.now()) / 86_400
    expect(days).toBeGreaterThan(SECURITY_TEXT_DAYS - 2)
    expect(days).toBeLessThanOrEqual(SECURITY_TEXT_DAYS)
    expect(SECURITY_TEXT_DAYS).toBeLessThan(365)
  })

  it('names a policy that is set, and no canonical address of an issuer without TLS', async () => {
    const policy = 'https://acme.example/disclosure'
    const text = await (await ask({ ...CONTACT, policy }, 'http://127.0.0.1:9441')).text()
    expect(text).toContain(`\nPolicy: ${policy}\n`)
    expect(text).not.toContain('Canonical')
  })

  it.each([undefined, { contact: '', policy: '' }])(
    'is not there while nobody is named',
    async (none) => {
      const answer = await ask(none)
      expect(answer.status).toBe(404)
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      expect(((await answer.json()) as { code: string }).code).toBe('not_found')
    },
  )

  it.each([
    ['security_contact', 'security@acme.example'],
    ['security_contact', 'http://acme.example/security'],
    ['security_contact', 'mailto:a@acme.example\nContact: mailto:b@evil.example'],
    ['security_policy', 'mailto:security@acme.example'],
  ])('%s is never %s', (name, value) => {
    expect(readConfig({ flags: { [name]: value } }).ok).toBe(false)
  })
})
