import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LeaseView } from '../../src/client/views/leases.ts'
import { TREE_ROWS_MAX } from '../../src/domain/limits.ts'
import { buildConsole, hasBrowser, lookAt, openBrowser } from '../support/console-browser.ts'
import { type ConsoleSite, post, siteScope, startConsoleSite } from '../support/console-site.ts'

const BRANCHES = 6
const TWIGS = 170
const AT_ONCE = 25

describe.skipIf(!hasBrowser)('a large tree in the console', () => {
  let site: ConsoleSite
  let browser: Browser
  let root: LeaseView
  let branch: LeaseView

  beforeAll(async () => {
    await buildConsole()
    site = await startConsoleSite()
    browser = await openBrowser()
    const planner = await site.enroll('planner')
    root = await site.open(planner)
    const grow = (parent: LeaseView, name: string) =>
      site.pass(planner, parent, planner, siteScope(['GET'], [`/repos/acme/${name}/**`]))
    const branches = await Promise.all(
      Array.from({ length: BRANCHES }, (_, at) => grow(root, `b${at}`)),
    )
    const twigs = branches.flatMap((parent, b) =>
      Array.from({ length: TWIGS }, (_, at) => ({ parent, name: `b${b}/t${at}` })),
    )
    for (let from = 0; from < twigs.length; from += AT_ONCE) {
      await Promise.all(
        twigs.slice(from, from + AT_ONCE).map(({ parent, name }) => grow(parent, name)),
      )
    }
    if (branches[0] === undefined) throw new Error('no branch')
    branch = branches[0]
  }, 240_000)
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  it('is loaded level by level, and only what is near the window is in the page', async () => {
    expect(1 + BRANCHES + BRANCHES * TWIGS).toBeGreaterThan(TREE_ROWS_MAX)
    const look = await lookAt(browser, site.url)
    await look.signIn(site.token)
    await look.page.goto(`${site.url}/console/#/trees/${root.id}`)
    const items = look.page.getByRole('treeitem')
    await expect.poll(() => items.count()).toBe(1 + BRANCHES)
    await look.page.getByText('the rest on demand').waitFor()
    await look.page.locator(`[id="item-${branch.id}"]`).focus()
    await look.page.locator(`[id="item-${branch.id}"]`).click()
    await look.page.keyboard.press('ArrowRight')
    const first = look.page.locator('[role=treeitem][aria-level="3"]').first()
    await first.waitFor()
    expect(await first.getAttribute('aria-setsize')).toBe('101')
    expect(await items.count()).toBeLessThan(50)
    const more = look.page.getByRole('treeitem', { name: `Show more of ${TWIGS - 100} left` })
    await expect
      .poll(async () => {
        await look.page.locator('.picture').evaluate((frame) => frame.scrollBy(0, 700))
        return more.count()
      })
      .toBe(1)
    await more.click()
    await look.page.locator(`[aria-setsize="${TWIGS}"]`).first().waitFor({ state: 'attached' })
    expect(await items.count()).toBeLessThan(50)
    expect(look.wrong).toEqual([])
    await look.page.context().close()
  })

  it('a revocation high up is seen at once in what is loaded', async () => {
    const look = await lookAt(browser, site.url)
    await look.signIn(site.token)
    await look.page.goto(`${site.url}/console/#/trees/${root.id}`)
    await look.page.locator(`[id="item-${branch.id}"]`).click()
    await look.page.keyboard.press('ArrowRight')
    await look.page.locator('[role=treeitem][aria-level="3"]').first().waitFor()
    await look.page.locator('.live.on').waitFor()
    await post(site.owner, `/v1/leases/${branch.id}/revoke`, { reason: 'too large' })
    const revoked = look.page.locator('[role=treeitem][aria-level="3"].state-revoked')
    await expect.poll(() => revoked.count(), { timeout: 2_000, interval: 20 }).toBeGreaterThan(5)
    await look.page.context().close()
  })
})
