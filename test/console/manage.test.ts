import { describe, expect, it } from 'vitest'
import type { AgentView } from '../../src/client/views/agents.ts'
import type { WebhookView } from '../../src/client/views/alerts.ts'
import type { HandleView } from '../../src/client/views/handles.ts'
import type { KeyView } from '../../src/client/views/keys.ts'
import type { OperatorView } from '../../src/client/views/people.ts'
import { hasBrowser } from '../support/console-browser.ts'
import { post, siteScope } from '../support/console-site.ts'
import { visitConsole } from '../support/console-visit.ts'
import { startReceiver } from '../support/receiver.ts'

describe.skipIf(!hasBrowser)('what owners keep in order in the console', () => {
  const here = visitConsole()
  const { openAt, button, dialog } = here

  async function listed<T>(path: `/v1/${string}`): Promise<readonly T[]> {
    const read = await here.site.owner.call<{ readonly items: readonly T[] }>({
      method: 'GET',
      path,
    })
    if (!read.ok) throw new Error(read.problem.code)
    return read.value.items
  }

  async function shownOnce(): Promise<string> {
    const text = (await here.page.locator('#shown-once').textContent()) ?? ''
    await button('Done').click()
    await dialog().waitFor({ state: 'detached' })
    expect(await here.page.content()).not.toContain(text)
    return text
  }

  it('an operator is added, its token shown this once, and removed after a question', async () => {
    await openAt('operators')
    await button('Add an operator').click()
    await here.page.getByLabel('Name', { exact: true }).fill('olga')
    expect(await here.look.axe()).toEqual([])
    await button('Add').click()
    const token = await shownOnce()
    expect(token).toMatch(/^writ_operator_/)
    await here.page.getByText('you; another owner can remove you').waitFor()
    await button('Remove… olga').click()
    await here.page.getByText('The token of the operator olga ends at once').waitFor()
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
    await here.page.locator('.row', { hasText: 'olga' }).getByText('revoked').waitFor()
  })

  it('an operator is told what only owners may do, and asks for none of it', async () => {
    const { token } = await post<{ token: string }>(here.site.owner, '/v1/operators', {
      name: 'watcher',
      role: 'operator',
    })
    await openAt('operators', { token })
    const told = () => here.page.getByText('You are signed in as an operator.')
    await told().waitFor()
    const governed = ['webhooks', 'handles', 'credentials', 'enroll', 'approvals', 'revocations']
    for (const place of governed) {
      await here.page.goto(`${here.site.url}/console/#/${place}`)
      await here.page.getByRole('heading', { level: 1 }).waitFor()
      await expect.poll(() => told().count(), { message: place }).toBe(1)
      const acts = here.page.getByRole('button', { name: /^(Add|Make|Invite)/ })
      expect(await acts.count(), place).toBe(0)
    }
  })

  it('a handle is made, shown this once, and revoked after a question', async () => {
    const agent = await here.site.enroll('reporter')
    const lease = await here.site.open(agent)
    await openAt(`handles?lease=${lease.id}`)
    await button('Make a handle').click()
    expect(await here.page.getByLabel('Lease', { exact: true }).inputValue()).toBe(lease.id)
    await here.page.getByLabel('What people know it by').fill('nightly report')
    await here.page.getByLabel('Only from these addresses').fill('10.1.0.0/16')
    await button('Make it').click()
    expect(await shownOnce()).toMatch(/^wrt_/)
    const [handle] = await listed<HandleView>('/v1/handles')
    expect(handle).toMatchObject({ lease_id: lease.id, addresses: ['10.1.0.0/16'] })
    await button('Revoke… nightly report').click()
    await here.page.getByText('No call starts with it any more').waitFor()
    await here.page.getByLabel('Why').fill('the report is gone')
    await button('Revoke').click()
    await here.page.locator('.row').getByText('revoked').waitFor()
    const [gone] = await listed<HandleView>('/v1/handles')
    expect(gone?.revoked_at).not.toBeNull()
  })

  it('a receiver of alerts is added, tested against a real one, and removed', async () => {
    const receiver = await startReceiver()
    await openAt('webhooks')
    await button('Add a receiver').click()
    await here.page.getByLabel('Address', { exact: true }).fill(receiver.url)
    await here.page.getByLabel('it is on this machine').check()
    await here.page.getByText('Only some alerts').click()
    await here.page.getByLabel('budget warning').check()
    await button('Add it').click()
    expect(await shownOnce()).toMatch(/^whsec_/)
    await button(`Test ${receiver.url}`).click()
    await here.page.getByText('✓ It answered 204.').waitFor()
    const [message] = await receiver.have(1)
    expect(message?.headers).toHaveProperty('webhook-signature')
    expect(JSON.parse(message?.body ?? '')).toMatchObject({ type: 'webhook.test' })
    receiver.status = 500
    await button(`Test ${receiver.url}`).click()
    await here.page.getByText('✕ It answered 500.').waitFor()
    await button(`Remove… ${receiver.url}`).click()
    await here.page.getByText('Nothing is sent to').waitFor()
    await button('Remove').click()
    await here.page.getByText('Alerts are sent nowhere yet.').waitFor()
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
    await here.page.getByText('Nothing breaks').waitFor()
    await button('Rotate').click()
    await expect.poll(keys).toEqual(['active', 'retiring'])
    const section = here.page.getByRole('region', { name: /^receipt/ })
    await expect.poll(() => section.locator('.row').count()).toBe(2)
    await section
      .getByRole('button', { name: /^Retire/ })
      .first()
      .click()
    await here.page.getByText('Receipts it signed can not be verified').waitFor()
    await here.page.getByText('a successor is made').waitFor()
    expect(await here.look.axe()).toEqual([])
    await here.page.getByLabel('Why').fill('it was copied')
    await button('Retire it now').click()
    await expect.poll(keys).toEqual(['active', 'revoked', 'retiring'])
  })

  it('an agent is suspended, lifted, and revoked with all it passed on, counted before', async () => {
    const lead = await here.site.enroll('lead')
    const junior = await here.site.enroll('junior')
    const root = await here.site.open(lead)
    await here.site.pass(lead, root, junior, siteScope(['GET'], ['/repos/acme/x/**']))
    const state = async () => {
      const path = '/v1/agents/lead'
      const read = await here.site.owner.call<AgentView>({ method: 'GET', path })
      return read.ok && read.value.state
    }
    await openAt(`agents/${encodeURIComponent(lead.uri)}`)
    await button('Suspend…').click()
    await here.page.getByText('This stops 2 live leases of 2.').waitFor()
    await here.page.getByText('Held by lead, junior.').waitFor()
    await here.look.picture('console-suspend')
    await here.page.getByLabel('Why').fill('looks odd')
    await button('Suspend').click()
    await button('Let it act again…').click()
    expect(await state()).toBe('suspended')
    await button('Lift it').click()
    await button('Suspend…').waitFor()
    expect(await state()).toBe('active')
    await button('Revoke everything of it…').click()
    await here.page.getByText('At once and for good.').waitFor()
    await here.page.getByLabel('Why').fill('it was stolen')
    await button('Revoke').click()
    await button('Revoke everything of it…').waitFor({ state: 'detached' })
    expect(await state()).toBe('revoked')
    await here.page.goto(`${here.site.url}/console/#/revocations`)
    await here.page.getByText('it was stolen').waitFor()
  })

  it('a key of somebody else is revoked by its thumbprint', async () => {
    await openAt('revocations')
    await button('Revoke something…').click()
    await here.page.getByLabel('Kind').selectOption('key')
    await here.page.getByLabel('Its id').fill('A'.repeat(43))
    await button('Go on').click()
    await here.page.getByText('Everything this key signed or proves.').waitFor()
    await here.page.getByLabel('Why').fill('a lost phone')
    await button('Revoke').click()
    await here.page.getByText('a lost phone').waitFor()
  })

  it('what is in force is told: settings that were set, and limits that are built in', async () => {
    await openAt('limits')
    await here.page.getByRole('heading', { name: 'Settings' }).waitFor()
    await here.page.getByLabel('Find in names and reasons').fill('log.level')
    const settings = here.page.getByRole('table', { name: 'Settings' })
    await expect.poll(() => settings.getByRole('row').count()).toBe(2)
    expect(await settings.textContent()).toContain('log.levelwarninfo')
    const wanted = here.page.getByLabel('Find in names and reasons')
    await wanted.fill('lease_depth_max')
    const row = (subject: string) =>
      here.page.getByRole('table', { name: `Limits of ${subject}` }).getByRole('row')
    await row('core').getByText('16', { exact: true }).waitFor()
    await row('core').getByText('Deepest position anywhere').waitFor()
    await wanted.fill('aat_token_bytes_max')
    await row('aat').getByText('65,536 bytes (64 KiB)').waitFor()
    expect(await here.look.axe()).toEqual([])
  })

  it('on a phone the navigation opens by a key, and closes by a choice or Escape', async () => {
    await openAt('trees', { viewport: { width: 390, height: 844 } })
    const menu = here.page.getByRole('button', { name: /all pages/ })
    await menu.focus()
    await here.page.keyboard.press('Enter')
    const keys = here.page.getByRole('link', { name: 'Signing keys' })
    await keys.waitFor()
    expect(await here.look.axe()).toEqual([])
    await keys.click()
    await here.page.getByRole('heading', { name: 'Signing keys', level: 1 }).waitFor()
    await keys.waitFor({ state: 'hidden' })
    await menu.click()
    await keys.focus()
    await here.page.keyboard.press('Escape')
    await keys.waitFor({ state: 'hidden' })
  })
})
