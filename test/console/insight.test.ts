import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { AlertView } from '../../src/client/views/alerts.ts'
import type { LeaseView } from '../../src/client/views/leases.ts'
import { hasBrowser } from '../support/console-browser.ts'
import { post, SITE_AUDIENCE, type SiteAgent, siteScope } from '../support/console-site.ts'
import { visitConsole } from '../support/console-visit.ts'

const RULES = `
[[policy]]
name = "all-repos"
description = "Everything of ours"
[policy.match]
agents = ["spiffe://writ.local/agent/**"]
[policy.allow]
hosts = ["api.github.com"]
methods = ["GET", "POST", "PATCH"]
paths = ["/repos/acme/**"]
budgets = [{ unit = "USD", decimals = 2, amount = 5000 }]
delegation = { allowed = true, max_depth = 5 }
[policy.approval]
mode = "auto"

[[policy]]
name = "no-keys"
[policy.match]
agents = ["spiffe://writ.local/agent/**"]
request = { paths = ["/repos/*/*/keys"] }
[policy.approval]
mode = "deny"
`

const READING_ONLY = RULES.replace('"GET", "POST", "PATCH"', '"GET"')
const USD = { unit: 'USD', decimals: 2 }

describe.skipIf(!hasBrowser)('what was decided and what would be, in the console', () => {
  const here = visitConsole(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'writ-rules-'))
    await writeFile(join(folder, 'rules.toml'), RULES)
    return ['--policy-dir', folder]
  })
  const { openAt, button } = here
  let spender: SiteAgent
  let gate: SiteAgent

  beforeAll(async () => {
    spender = await here.site.enroll('spender')
    gate = await here.site.enroll('gate', {}, 'enforcement')
  })

  const budgetScope = (amount: number) =>
    siteScope(['GET', 'POST'], ['/repos/acme/**'], {
      ttl_seconds: 1800,
      budgets: [{ ...USD, amount }],
    })

  /** A call of the lease that costs so much and is not settled; answers its id. */
  async function call(lease: LeaseView, amount: number): Promise<string> {
    const minted = await post<{ tokens: readonly { token: string; jti: string }[] }>(
      spender.client,
      '/v1/tokens',
      { lease_id: lease.id, audience: SITE_AUDIENCE },
    )
    const [{ token, jti } = { token: '', jti: '' }] = minted.tokens
    const request = { type: 'http', method: 'GET', target: 'https://api.github.com/repos/acme/x' }
    const peer = { uri: spender.uri, certificate_thumbprint: spender.thumbprint }
    const item = { token, audience: SITE_AUDIENCE, request, peer, costs: [{ ...USD, amount }] }
    const { items } = await post<{ items: readonly { ok: boolean }[] }>(
      gate.client,
      '/v1/redemptions',
      { items: [item] },
    )
    expect(items).toMatchObject([{ ok: true }])
    return jti
  }

  it('a dry run says which rule decides, and that another was looked at', async () => {
    await openAt('policies')
    const rules = here.page.getByRole('table', { name: 'Rules in force' })
    await expect.poll(() => rules.getByRole('row').count()).toBe(3)
    await here.page.getByLabel('Agent').fill(spender.uri)
    await here.page.getByLabel('Audience').fill(SITE_AUDIENCE)
    const dryRun = async (target: string) => {
      await here.page.getByLabel('Address').fill(`https://api.github.com${target}`)
      await button('Try').click()
    }
    await dryRun('/repos/acme/x')
    await here.page.locator('.verdict.yes').getByText('by all-repos').waitFor()
    await dryRun('/repos/acme/x/keys')
    const no = here.page.locator('.verdict.no')
    await no.getByText('by no-keys').waitFor()
    expect(await no.textContent()).toContain('no-keys: matches, decided')
    expect(await here.look.axe()).toEqual([])
  })

  it('a replay says which decisions on record other rules would have changed', async () => {
    await here.site.open(spender)
    await openAt('policies')
    await here.page.getByLabel('Files of the candidate set').setInputFiles({
      ...{ name: 'reading.toml', mimeType: 'application/toml' },
      buffer: Buffer.from(READING_ONLY),
    })
    await button('Replay').click()
    const changes = here.page.getByRole('table', { name: 'What would change' })
    await changes.waitFor()
    expect(await changes.textContent()).toMatch(/lease opened✓ Allowed✕ Refused/)
    expect(await here.look.axe()).toEqual([])
    await here.look.picture('console-replay')
    const newest = here.page.getByRole('table', { name: 'The newest that would change' })
    await newest.getByRole('link').first().click()
    await here.page.getByRole('heading', { name: /^Record \d+$/ }).waitFor()
    await here.page.goBack()
    await here.page.getByLabel('Or one file as text').fill(RULES)
    await button('Replay').click()
    await here.page.getByText('stay as they were.').waitFor()
    await here.page.getByLabel('Or one file as text').fill('[[policy]]\nname = 7')
    await button('Replay').click()
    await here.page.getByText('written-here.toml, line').first().waitFor()
  })

  it('who follows a link right after typing is not called back by the search', async () => {
    await openAt('limits')
    await here.page.getByLabel('Find in names and reasons').fill('depth')
    await here.page.waitForURL(/limits\?text=depth$/)
    // The page is busy until the search is due.
    await here.page.evaluate(`
      const input = document.querySelector('input[type=search]')
      input.value = 'width'
      input.dispatchEvent(new Event('input', { bubbles: true }))
      location.hash = '#/keys'
      const from = performance.now()
      while (performance.now() - from < 500);
    `)
    await here.page.getByRole('heading', { name: 'Signing keys', level: 1 }).waitFor()
    expect(here.page.url()).toMatch(/#\/keys$/)
  })

  it('a lease that is not there says which was meant, and leads back', async () => {
    const id = `lease_${'A'.repeat(22)}`
    await openAt(`lease/${id}`)
    await here.page.getByText(id).waitFor()
    await here.page.getByRole('alert').getByText('There is nothing here for you.').waitFor()
    expect(await here.look.axe()).toEqual([])
    await here.page.getByRole('link', { name: 'All trees' }).click()
    await here.page.getByRole('heading', { name: 'Trees', level: 1 }).waitFor()
    expect(here.look.wrong.splice(0).every((said) => said.includes('404'))).toBe(true)
  })

  it('an alert of a budget that runs out is acknowledged, and by whom stays on record', async () => {
    const lease = await here.site.open(spender, budgetScope(100))
    await call(lease, 95)
    const alerts = async () => {
      const path = '/v1/alerts'
      const read = await here.site.owner.call<{ items: readonly AlertView[] }>({
        method: 'GET',
        path,
      })
      const all = read.ok ? read.value.items : []
      return all.filter(({ kind, lease_id: id }) => kind === 'budget.warning' && id === lease.id)
    }
    await expect.poll(async () => (await alerts()).length).toBe(1)
    await openAt('alerts')
    const row = here.page.locator('.row', { hasText: 'budget warning' })
    await row.getByRole('button', { name: 'Acknowledge' }).click()
    await row.waitFor({ state: 'detached' })
    expect((await alerts())[0]?.acknowledged).toMatchObject({ by: 'owner:owner' })
    await here.page.getByLabel('Also what was acknowledged').check()
    await row.getByText('by owner').waitFor()
  })

  it('a budget is drawn from recorded calls, follows them, and is a table as well', async () => {
    const lease = await here.site.open(spender, budgetScope(1000))
    const first = await call(lease, 250)
    await openAt(`activity?budget=${lease.id}`)
    const drawn = (words: string) => here.page.getByRole('img', { name: words })
    await drawn('0.00 USD spent and 2.50 USD reserved of 10.00 USD').waitFor()
    await here.page.locator('.live.on').waitFor()
    const item = { root_id: lease.id, jti: first, actual: [{ ...USD, amount: 200 }] }
    await post(gate.client, '/v1/settlements', { items: [item] })
    await call(lease, 100)
    const words = '2.00 USD spent and 1.00 USD reserved of 10.00 USD'
    await drawn(words).waitFor()
    const figure = here.page.locator('figure', { hasText: words })
    await figure.getByText('As a table').click()
    const last = figure.getByRole('table', { name: words }).getByRole('row').last()
    expect(await last.textContent()).toContain('2.00 USD1.00 USD10.00 USD')
    expect(await here.look.axe()).toEqual([])
    await here.look.picture('console-budget')
  })
})
