import { beforeAll, describe, expect, it } from 'vitest'
import type { LeaseView } from '../../src/client/views/leases.ts'
import { hasBrowser } from '../support/console-browser.ts'
import { post, type SiteAgent, siteScope } from '../support/console-site.ts'
import { visitConsole } from '../support/console-visit.ts'

const MONEY = { budgets: [{ unit: 'USD', decimals: 2, amount: 2000 }] }

describe.skipIf(!hasBrowser)('the tree of a root in the console', () => {
  const here = visitConsole()
  const { openAt } = here
  let planner: SiteAgent
  let researcher: SiteAgent
  let writer: SiteAgent

  beforeAll(async () => {
    planner = await here.site.enroll('planner')
    researcher = await here.site.enroll('researcher')
    writer = await here.site.enroll('writer')
  })

  async function grow() {
    const limits = { ttl_seconds: 3000, max_uses: 200, ...MONEY }
    const root = await here.site.open(
      planner,
      siteScope(['GET', 'POST'], ['/repos/acme/**'], limits),
    )
    const pass = (repo: string) =>
      here.site.pass(
        planner,
        root,
        researcher,
        siteScope(['GET', 'POST'], [`/repos/acme/${repo}/**`], { max_uses: 50 }),
      )
    const child = await pass('api')
    const web = await pass('web')
    const narrow = siteScope(['GET'], ['/repos/acme/api/issues/**'], { max_uses: 10 })
    const grandchild = await here.site.pass(researcher, child, writer, narrow)
    return { root, child, web, grandchild }
  }

  async function openTree(root: LeaseView, options = {}): Promise<void> {
    await openAt(`trees/${root.id}`, options)
    await here.page.getByRole('treeitem').first().waitFor()
  }

  it('shows each lease with holder, scope, state, life, uses, evidence and budget', async () => {
    const { root } = await grow()
    await openTree(root)
    const items = here.page.getByRole('treeitem')
    expect(await items.count()).toBe(4)
    await here.page.getByText('20.00 USD').first().waitFor()
    const [first] = await items.evaluateAll((all) => all.map((item) => item.textContent))
    for (const part of ['planner', 'live', 'GET POST', 'min left', '0/200 uses', 'warning']) {
      expect(first).toContain(part)
    }
    await here.look.picture('console-tree')
  })

  it('finds a tree by its holder, searched by the authority', async () => {
    const { root } = await grow()
    await openAt('trees')
    const field = here.page.getByRole('searchbox')
    await field.fill(root.id.slice(6, 20))
    await expect.poll(() => here.page.locator('.row').count()).toBe(1)
    await here.page.locator('.row').click()
    await here.page.getByRole('heading', { name: 'Tree of planner' }).waitFor()
    await here.page.goBack()
    await field.fill('nobody holds this')
    await here.page.getByText('No root lease matches.').waitFor()
  })

  it('a cascade appears within a second of the revocation, without any reload', async () => {
    const { root, child, web } = await grow()
    for (const [branch, parent] of Object.entries({ api: child, web })) {
      for (const part of ['pulls', 'labels']) {
        const scope = siteScope(['GET'], [`/repos/acme/${branch}/${part}/**`], { max_uses: 10 })
        await here.site.pass(researcher, parent, writer, scope)
      }
    }
    await openTree(root)
    await here.page.locator('.live.on').waitFor()
    await revokeElsewhere(child)
    const revoked = here.page.locator('[role=treeitem].state-revoked')
    await expect.poll(() => revoked.count(), { timeout: 1_000, interval: 20 }).toBe(4)
    await here.page.getByText('4 live of 8').waitFor()
    const log = here.page.getByRole('log')
    await expect.poll(() => log.textContent()).toContain('lease of researcher was revoked')
    await here.look.picture('console-cascade', { x: 240, y: 24, width: 976, height: 620 })
  })

  async function revokeElsewhere({ id }: LeaseView): Promise<void> {
    await post(here.site.owner, `/v1/leases/${id}/revoke`, { reason: 'it went astray' })
  }

  it('a new delegation and a release are seen as they happen', async () => {
    const { root, grandchild } = await grow()
    await openTree(root)
    await here.page.locator('.live.on').waitFor()
    await here.site.pass(planner, root, writer, siteScope(['GET'], ['/repos/acme/docs/**']))
    await expect.poll(() => here.page.getByRole('treeitem').count()).toBe(5)
    const path = `/v1/leases/${grandchild.id}/release` as const
    await writer.client.call({ method: 'POST', path })
    await here.page.getByRole('treeitem').getByText('released').waitFor()
  })

  it('revokes after showing what it would end, and shows where the record stands', async () => {
    const { root, child } = await grow()
    await openTree(root)
    await here.page.locator(`[id="item-${child.id}"]`).click()
    await here.page.getByRole('button', { name: 'Revoke…' }).click()
    await here.page.getByText('This ends 2 live leases of 2').waitFor()
    await here.look.picture('console-revoke')
    await here.page.getByLabel('Why').fill('done with it')
    await here.page.getByRole('button', { name: 'Revoke', exact: true }).click()
    await here.page.getByRole('heading', { name: 'Revoked' }).waitFor()
    await here.page.getByRole('link', { name: /of chain/ }).click()
    await here.page.getByText('revocation recorded').first().waitFor()
    await here.page.getByText('It and its neighbours name each other by hash.').waitFor()
  })

  it('says what narrowed at each hop, and which hop refuses a request and why', async () => {
    const { root, grandchild } = await grow()
    await openTree(root)
    await here.page.locator(`[id="item-${grandchild.id}"]`).click()
    const hops = here.page.locator('.hops > li')
    expect(await hops.count()).toBe(2)
    expect(await hops.nth(1).textContent()).toContain('methods: GET, POST GET')
    await here.page.getByLabel('Method').selectOption('POST')
    const target = 'https://api.github.com/repos/acme/api/issues/1'
    await here.page.getByLabel('Address').fill(target)
    await here.page.getByRole('button', { name: 'Ask' }).click()
    const verdict = here.page.locator('.verdict.no')
    await verdict.waitFor()
    expect(await verdict.textContent()).toMatch(/Hop 2, the lease of writer, does not cover it/)
  })

  it('is walked with the keyboard alone, as trees are', async () => {
    const { root } = await grow()
    await openTree(root)
    const { keyboard } = here.page
    const focused = () => here.page.locator(':focus').getAttribute('aria-label')
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
    await expect.poll(() => here.page.getByRole('treeitem').count()).toBe(1)
    await keyboard.press('ArrowRight')
    await expect.poll(() => here.page.getByRole('treeitem').count()).toBe(4)
    await press('ArrowDown', /^researcher/)
    await keyboard.press('Enter')
    await here.page.getByRole('heading', { name: 'researcher' }).waitFor()
  })
})
