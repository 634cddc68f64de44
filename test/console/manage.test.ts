import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AgentView } from '../../src/client/views/agents.ts'
import type { WebhookView } from '../../src/client/views/alerts.ts'
import type { HandleView } from '../../src/client/views/handles.ts'
import type { KeyView } from '../../src/client/views/keys.ts'
import type { OperatorView } from '../../src/client/views/people.ts'
import {
  buildConsole,
  hasBrowser,
  type Look,
  lookAt,
  openBrowser,
} from '../support/console-browser.ts'
import { type ConsoleSite, post, siteScope, startConsoleSite } from '../support/console-site.ts'
import { startReceiver } from '../support/receiver.ts'

describe.skipIf(!hasBrowser)('what owners keep in order in the console', () => {
  let site: ConsoleSite
  let browser: Browser
  let look: Look

  beforeAll(async () => {
    await buildConsole()
    site = await startConsoleSite()
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })
  afterEach(async () => {
    await look.page.context().close()
    expect(look.wrong).toEqual([])
  })

  async function openAt(place: string, token = site.token): Promise<void> {
    look = await lookAt(browser, site.url)
    await look.signIn(token)
    await look.page.goto(`${site.url}/console/#/${place}`)
  }

  async function listed<T>(path: `/v1/${string}`): Promise<readonly T[]> {
    const read = await site.owner.call<{ readonly items: readonly T[] }>({ method: 'GET', path })
    if (!read.ok) throw new Error(read.problem.code)
    return read.value.items
  }

  const button = (name: string | RegExp) => look.page.getByRole('button', { name, exact: true })
  const dialog = () => look.page.getByRole('dialog')

  async function shownOnce(): Promise<string> {
    const text = (await look.page.locator('#shown-once').textContent()) ?? ''
    await button('Done').click()
    await dialog().waitFor({ state: 'detached' })
    expect(await look.page.content()).not.toContain(text)
    return text
  }

  it('an operator is added, its token shown this once, and removed after a question', async () => {
    await openAt('operators')
    await button('Add an operator').click()
    await look.page.getByLabel('Name', { exact: true }).fill('olga')
    expect(await look.axe()).toEqual([])
    await button('Make the token').click()
    const token = await shownOnce()
    expect(token).toMatch(/^writ_operator_/)
    await look.page.getByText('you; another owner can remove you').waitFor()
    await button('Remove… olga').click()
    await look.page.getByText('The token of the operator olga ends at once').waitFor()
    await button('Keep').click()
    const olga = async () => {
      const all = await listed<OperatorView>('/v1/operators')
      return all.find(({ name }) => name === 'olga')
    }
    expect((await olga())?.revoked_at).toBeNull()
    await button('Remove… olga').click()
    await button('Remove').click()
    await dialog().waitFor({ state: 'detached' })
    expect((await olga())?.revoked_at).not.toBeNull()
    await look.page.locator('.row', { hasText: 'olga' }).getByText('revoked').waitFor()
  })

  it('an operator is told what only owners may do, and asks for none of it', async () => {
    const { token } = await post<{ token: string }>(site.owner, '/v1/operators', {
      name: 'watcher',
      role: 'operator',
    })
    await openAt('operators', token)
    const told = () => look.page.getByText('You are signed in as an operator.')
    await told().waitFor()
    const governed = ['webhooks', 'handles', 'credentials', 'enroll', 'approvals', 'revocations']
    for (const place of governed) {
      await look.page.goto(`${site.url}/console/#/${place}`)
      await look.page.getByRole('heading', { level: 1 }).waitFor()
      await expect.poll(() => told().count(), { message: place }).toBe(1)
      const acts = look.page.getByRole('button', { name: /^(Add|Make|Invite)/ })
      expect(await acts.count(), place).toBe(0)
    }
  })

  it('a handle is made, shown this once, and revoked after a question', async () => {
    const agent = await site.enroll('reporter')
    const lease = await site.open(agent)
    await openAt(`handles?lease=${lease.id}`)
    await button('Make a handle').click()
    expect(await look.page.getByLabel('Lease', { exact: true }).inputValue()).toBe(lease.id)
    await look.page.getByLabel('What people know it by').fill('nightly report')
    await look.page.getByLabel('Only from these addresses').fill('10.1.0.0/16')
    await button('Make it').click()
    expect(await shownOnce()).toMatch(/^wrt_/)
    const [handle] = await listed<HandleView>('/v1/handles')
    expect(handle).toMatchObject({ lease_id: lease.id, addresses: ['10.1.0.0/16'] })
    await button('Revoke… nightly report').click()
    await look.page.getByText('No call starts with it any more').waitFor()
    await look.page.getByLabel('Why').fill('the report is gone')
    await button('Revoke').click()
    await look.page.locator('.row').getByText('revoked').waitFor()
    const [gone] = await listed<HandleView>('/v1/handles')
    expect(gone?.revoked_at).not.toBeNull()
  })

  it('a receiver of alerts is added, tested against a real one, and removed', async () => {
    const receiver = await startReceiver()
    await openAt('webhooks')
    await button('Add a receiver').click()
    await look.page.getByLabel('Address', { exact: true }).fill(receiver.url)
    await look.page.getByLabel('it is on this machine').check()
    await look.page.getByText('Only some alerts').click()
    await look.page.getByLabel('budget warning').check()
    await button('Add it').click()
    expect(await shownOnce()).toMatch(/^whsec_/)
    await button(`Test ${receiver.url}`).click()
    await look.page.getByText('✓ It answered 204.').waitFor()
    const [message] = await receiver.have(1)
    expect(message?.headers).toHaveProperty('webhook-signature')
    expect(JSON.parse(message?.body ?? '')).toMatchObject({ type: 'webhook.test' })
    receiver.status = 500
    await button(`Test ${receiver.url}`).click()
    await look.page.getByText('✕ It answered 500.').waitFor()
    await button(`Remove… ${receiver.url}`).click()
    await look.page.getByText('Nothing is sent to').waitFor()
    await button('Remove').click()
    await look.page.getByText('Alerts are sent nowhere yet.').waitFor()
    expect(await listed<WebhookView>('/v1/webhooks')).toEqual([])
    receiver.close()
  })

  it('a key is rotated without harm, and retired only after its consequences are told', async () => {
    const keys = async () => {
      const all = await listed<KeyView>('/v1/keys')
      return all.filter(({ purpose }) => purpose === 'receipt').map(({ state }) => state)
    }
    expect(await keys()).toEqual(['active'])
    await openAt('keys')
    await button('Rotate… receipt').click()
    await look.page.getByText('Nothing breaks').waitFor()
    await button('Rotate').click()
    await expect.poll(keys).toEqual(['active', 'retiring'])
    const section = look.page.getByRole('region', { name: /^receipt/ })
    await expect.poll(() => section.locator('.row').count()).toBe(2)
    await section
      .getByRole('button', { name: /^Retire/ })
      .first()
      .click()
    await look.page.getByText('Receipts it signed can not be verified').waitFor()
    await look.page.getByText('a successor is made').waitFor()
    expect(await look.axe()).toEqual([])
    await look.page.getByLabel('Why').fill('it was copied')
    await button('Retire it now').click()
    await expect.poll(keys).toEqual(['active', 'revoked', 'retiring'])
  })

  it('an agent is suspended, lifted, and revoked with all it passed on, counted before', async () => {
    const lead = await site.enroll('lead')
    const junior = await site.enroll('junior')
    const root = await site.open(lead)
    await site.pass(lead, root, junior, siteScope(['GET'], ['/repos/acme/x/**']))
    const state = async () => {
      const path = '/v1/agents/lead'
      const read = await site.owner.call<AgentView>({ method: 'GET', path })
      return read.ok && read.value.state
    }
    await openAt(`agents/${encodeURIComponent(lead.uri)}`)
    await button('Suspend…').click()
    await look.page.getByText('This stops 2 live leases of 2.').waitFor()
    await look.page.getByText('Held by lead, junior.').waitFor()
    await look.picture('console-suspend')
    await look.page.getByLabel('Why').fill('looks odd')
    await button('Suspend').click()
    await button('Let it act again…').click()
    expect(await state()).toBe('suspended')
    await button('Lift it').click()
    await button('Suspend…').waitFor()
    expect(await state()).toBe('active')
    await button('Revoke everything of it…').click()
    await look.page.getByText('At once and for good.').waitFor()
    await look.page.getByLabel('Why').fill('it was stolen')
    await button('Revoke').click()
    await button('Revoke everything of it…').waitFor({ state: 'detached' })
    expect(await state()).toBe('revoked')
    await look.page.goto(`${site.url}/console/#/revocations`)
    await look.page.getByText('it was stolen').waitFor()
  })

  it('a key of somebody else is revoked by its thumbprint', async () => {
    await openAt('revocations')
    await button('Revoke something…').click()
    await look.page.getByLabel('Kind').selectOption('key')
    await look.page.getByLabel('Its id').fill('A'.repeat(43))
    await button('Go on').click()
    await look.page.getByText('Everything this key signed or proves.').waitFor()
    await look.page.getByLabel('Why').fill('a lost phone')
    await button('Revoke').click()
    await look.page.getByText('a lost phone').waitFor()
  })

  it('what is in force is told: settings that were set, and limits that are built in', async () => {
    await openAt('limits')
    await look.page.getByRole('heading', { name: 'Settings' }).waitFor()
    await look.page.getByLabel('Find by name').fill('log.level')
    const settings = look.page.getByRole('table', { name: 'Settings' })
    await expect.poll(() => settings.getByRole('row').count()).toBe(2)
    expect(await settings.textContent()).toContain('log.levelwarninfo')
    await look.page.getByLabel('Find by name').fill('lease_depth_max')
    await look.page
      .getByRole('table', { name: 'Limits that are built in' })
      .getByText('16')
      .waitFor()
  })

  it('on a phone the navigation opens by a key, and closes by a choice or Escape', async () => {
    look = await lookAt(browser, site.url, { viewport: { width: 390, height: 844 } })
    await look.page.getByLabel('Owner or operator token').fill(site.token)
    await button('Sign in').click()
    const menu = look.page.getByRole('button', { name: /all pages/ })
    await menu.focus()
    await look.page.keyboard.press('Enter')
    const keys = look.page.getByRole('link', { name: 'Signing keys' })
    await keys.waitFor()
    expect(await look.axe()).toEqual([])
    await keys.click()
    await look.page.getByRole('heading', { name: 'Signing keys', level: 1 }).waitFor()
    await keys.waitFor({ state: 'hidden' })
    await menu.click()
    await keys.focus()
    await look.page.keyboard.press('Escape')
    await keys.waitFor({ state: 'hidden' })
  })
})
