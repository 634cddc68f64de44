import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LeaseView } from '../../src/client/views/leases.ts'
import {
  buildConsole,
  hasBrowser,
  type Look,
  lookAt,
  openBrowser,
} from '../support/console-browser.ts'
import { type ConsoleSite, post, siteScope, startConsoleSite } from '../support/console-site.ts'
import { growTree, type LargeTree } from '../support/large-tree.ts'

const SIZE = { branches: 100, twigs: 999 }
/** All elements of the page, however many leases there are. */
const ELEMENTS_MAX = 2_000
/** A loaded machine is allowed for; docs/subjects/console.md has the figures. */
const PATIENCE_MS = 10_000

describe.skipIf(!hasBrowser)('a tree of a hundred thousand leases in the console', () => {
  let site: ConsoleSite
  let browser: Browser
  let root: LeaseView
  let tree: LargeTree
  let look: Look
  const took: Record<string, number> = {}

  beforeAll(async () => {
    await buildConsole()
    site = await startConsoleSite()
    browser = await openBrowser()
    const planner = await site.enroll('planner')
    root = await site.open(planner)
    const template = await site.pass(planner, root, planner, siteScope(['GET'], ['/repos/acme/x']))
    tree = growTree(site.server.folder, template.id, SIZE)
    look = await lookAt(browser, site.url)
    await look.signIn(site.token)
  }, 120_000)
  afterAll(async () => {
    process.stdout.write(`100,000 leases, in ms: ${JSON.stringify(took)}\n`)
    await browser?.close()
    await site?.close()
  })

  async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
    const from = performance.now()
    await work()
    took[what] = Math.round(performance.now() - from)
    expect(took[what], what).toBeLessThan(PATIENCE_MS)
  }

  const elements = () => look.page.locator('*').count()
  const item = (id: string) => look.page.locator(`[id="item-${id}"]`)

  it('is found by the authority, and opens with its root', async () => {
    expect(tree.leases).toBe(2 + SIZE.branches * (1 + SIZE.twigs))
    const field = look.page.getByRole('searchbox')
    await timed('search', async () => {
      await field.fill(root.id.slice(6, 20))
      await expect.poll(() => look.page.locator('.row').count(), { interval: 10 }).toBe(1)
    })
    await timed('open', async () => {
      await look.page.locator('.row').click()
      await look.page.getByRole('treeitem').nth(5).waitFor()
    })
    await look.page.getByText('the rest on demand').waitFor()
    expect(await elements()).toBeLessThan(ELEMENTS_MAX)
  })

  it('shows a level by what is near the window alone', async () => {
    const branch = tree.branches[0] ?? ''
    const more = look.page.getByRole('treeitem', { name: /^Show more of/ })
    await expect
      .poll(async () => {
        if ((await more.count()) > 0) await more.first().click()
        await look.page.locator('.picture').evaluate((frame) => frame.scrollBy(0, 600))
        return item(branch).count()
      })
      .toBe(1)
    await item(branch).click()
    await timed('level', async () => {
      await look.page.keyboard.press('ArrowRight')
      await look.page.locator('[role=treeitem][aria-level="3"]').first().waitFor()
    })
    expect(await elements()).toBeLessThan(ELEMENTS_MAX)
  })

  it('counts what a revocation of the whole tree would end', async () => {
    await look.page.goto(`${site.url}/console/#/trees`)
    await look.page.goto(`${site.url}/console/#/trees/${root.id}`)
    await look.page.getByRole('treeitem').first().waitFor()
    await timed('preview', async () => {
      await look.page.getByRole('button', { name: 'Revoke…' }).click()
      await look.page.getByText(/This ends 100,?002 live leases/).waitFor()
    })
    await look.page.keyboard.press('Escape')
  })

  it('shows the revocation of the root within a second', async () => {
    await look.page.locator('.live.on').waitFor()
    const shown = await look.page.getByRole('treeitem').count()
    const from = performance.now()
    await post(site.owner, `/v1/leases/${root.id}/revoke`, { reason: 'all of it' })
    const revoked = look.page.locator('[role=treeitem].state-revoked')
    await expect
      .poll(() => revoked.count(), { timeout: 1_000, interval: 10 })
      .toBeGreaterThanOrEqual(Math.min(shown, 10))
    took['cascade'] = Math.round(performance.now() - from)
    expect(await elements()).toBeLessThan(ELEMENTS_MAX)
    expect(look.wrong).toEqual([])
  })
})
