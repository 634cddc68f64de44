import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { LeaseView } from '../../src/client/views/leases.ts'
import {
  buildConsole,
  hasBrowser,
  type Look,
  lookAt,
  openBrowser,
} from '../support/console-browser.ts'
import {
  type ConsoleSite,
  post,
  type SiteAgent,
  siteScope,
  startConsoleSite,
} from '../support/console-site.ts'

const MONEY = { budgets: [{ unit: 'USD', decimals: 2, amount: 2000 }] }

describe.skipIf(!hasBrowser)('the tree of a root in the console', () => {
  let site: ConsoleSite
  let browser: Browser
  let look: Look
  let planner: SiteAgent
  let researcher: SiteAgent
  let writer: SiteAgent

  beforeAll(async () => {
    await buildConsole()
    site = await startConsoleSite()
    browser = await openBrowser()
    planner = await site.enroll('planner')
    researcher = await site.enroll('researcher')
    writer = await site.enroll('writer')
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })
  afterEach(async () => {
    await look.page.context().close()
    expect(look.wrong).toEqual([])
  })

  async function grow() {
    const limits = { ttl_seconds: 3000, max_uses: 200, ...MONEY }
    const root = await site.open(planner, siteScope(['GET', 'POST'], ['/repos/acme/**'], limits))
    const pass = (repo: string) =>
      site.pass(
        planner,
        root,
        researcher,
        siteScope(['GET', 'POST'], [`/repos/acme/${repo}/**`], { max_uses: 50 }),
      )
    const child = await pass('api')
    const web = await pass('web')
    const narrow = siteScope(['GET'], ['/repos/acme/api/issues/**'], { max_uses: 10 })
    const grandchild = await site.pass(researcher, child, writer, narrow)
    return { root, child, web, grandchild }
  }

  async function openTree(root: LeaseView, options = {}): Promise<void> {
    look = await lookAt(browser, site.url, options)
    await look.signIn(site.token)
    await look.page.goto(`${site.url}/console/#/trees/${root.id}`)
    await look.page.getByRole('treeitem').first().waitFor()
  }

  it('shows each lease with holder, scope, state, life, uses, evidence and budget', async () => {
    const { root } = await grow()
    await openTree(root)
    const items = look.page.getByRole('treeitem')
    expect(await items.count()).toBe(4)
    await look.page.getByText('20.00 USD').first().waitFor()
    const [first] = await items.evaluateAll((all) => all.map((item) => item.textContent))
    for (const part of ['planner', 'live', 'GET POST', 'min left', '0/200 uses', 'warning']) {
      expect(first).toContain(part)
    }
    await look.picture('console-tree')
  })

  it('finds a tree by its holder, searched by the authority', async () => {
    const { root } = await grow()
    look = await lookAt(browser, site.url)
    await look.signIn(site.token)
    const field = look.page.getByRole('searchbox')
    await field.fill(root.id.slice(6, 20))
    await expect.poll(() => look.page.locator('.row').count()).toBe(1)
    await look.page.locator('.row').click()
    await look.page.getByRole('heading', { name: 'Tree of planner' }).waitFor()
    await look.page.goBack()
    await field.fill('nobody holds this')
    await look.page.getByText('No root lease matches.').waitFor()
  })

  it('a cascade appears within a second of the revocation, without any reload', async () => {
    const { root, child, web } = await grow()
    for (const [branch, parent] of Object.entries({ api: child, web })) {
      for (const part of ['pulls', 'labels']) {
        const scope = siteScope(['GET'], [`/repos/acme/${branch}/${part}/**`], { max_uses: 10 })
        await site.pass(researcher, parent, writer, scope)
      }
    }
    await openTree(root)
    await look.page.locator('.live.on').waitFor()
    await revokeElsewhere(child)
    const revoked = look.page.locator('[role=treeitem].state-revoked')
    await expect.poll(() => revoked.count(), { timeout: 1_000, interval: 20 }).toBe(4)
    await look.page.getByText('4 live of 8').waitFor()
    const log = look.page.getByRole('log')
    await expect.poll(() => log.textContent()).toContain('lease of researcher was revoked')
    await look.picture('console-cascade', { x: 240, y: 24, width: 976, height: 620 })
  })

  async function revokeElsewhere({ id }: LeaseView): Promise<void> {
    await post(site.owner, `/v1/leases/${id}/revoke`, { reason: 'it went astray' })
  }

  it('a new delegation and a release are seen as they happen', async () => {
    const { root, grandchild } = await grow()
    await openTree(root)
    await look.page.locator('.live.on').waitFor()
    await site.pass(planner, root, writer, siteScope(['GET'], ['/repos/acme/docs/**']))
    await expect.poll(() => look.page.getByRole('treeitem').count()).toBe(5)
    const path = `/v1/leases/${grandchild.id}/release` as const
    await writer.client.call({ method: 'POST', path })
    await look.page.getByRole('treeitem').getByText('released').waitFor()
  })

  it('revokes after showing what it would end, and shows where the record stands', async () => {
    const { root, child } = await grow()
    await openTree(root)
    await look.page.locator(`[id="item-${child.id}"]`).click()
    await look.page.getByRole('button', { name: 'Revoke…' }).click()
    await look.page.getByText('This ends 2 live leases of 2').waitFor()
    await look.picture('console-revoke')
    await look.page.getByLabel('Why').fill('done with it')
    await look.page.getByRole('button', { name: 'Revoke', exact: true }).click()
    await look.page.getByRole('heading', { name: 'Revoked' }).waitFor()
    await look.page.getByRole('link', { name: /of chain/ }).click()
    await look.page.getByText('revocation recorded').first().waitFor()
    await look.page.getByText('It and its neighbours name each other by hash.').waitFor()
  })

  it('says what narrowed at each hop, and which hop refuses a request and why', async () => {
    const { root, grandchild } = await grow()
    await openTree(root)
    await look.page.locator(`[id="item-${grandchild.id}"]`).click()
    const hops = look.page.locator('.hops > li')
    expect(await hops.count()).toBe(2)
    expect(await hops.nth(1).textContent()).toContain('methods: GET, POST GET')
    await look.page.getByLabel('Method').selectOption('POST')
    const target = 'https://api.github.com/repos/acme/api/issues/1'
    await look.page.getByLabel('Address').fill(target)
    await look.page.getByRole('button', { name: 'Ask' }).click()
    const verdict = look.page.locator('.verdict.no')
    await verdict.waitFor()
    expect(await verdict.textContent()).toMatch(/Hop 2, the lease of writer, does not cover it/)
  })

  it('is walked with the keyboard alone, as trees are', async () => {
    const { root } = await grow()
    await openTree(root)
    const { keyboard } = look.page
    const focused = () => look.page.locator(':focus').getAttribute('aria-label')
    const press = async (key: string, expected: RegExp) => {
      await keyboard.press(key)
      await expect.poll(focused).toMatch(expected)
    }
    for (let tries = 0; tries < 20; tries += 1) {
      await keyboard.press('Tab')
      if ((await focused())?.startsWith('planner')) break
    }
    await press('ArrowRight', /^researcher/)
    await press('ArrowRight', /^researcher|^writer/)
    await press('End', /^(researcher|writer)/)
    await press('Home', /^planner/)
    await keyboard.press('ArrowLeft')
    await expect.poll(() => look.page.getByRole('treeitem').count()).toBe(1)
    await keyboard.press('ArrowRight')
    await expect.poll(() => look.page.getByRole('treeitem').count()).toBe(4)
    await press('ArrowDown', /^researcher/)
    await keyboard.press('Enter')
    await look.page.getByRole('heading', { name: 'researcher' }).waitFor()
  })
})
