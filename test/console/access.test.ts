import type { BrowserContextOptions } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { LeaseView } from '../../src/client/views/leases.ts'
import { hasBrowser, type Look, lookAt } from '../support/console-browser.ts'
import { post, type SiteAgent, siteScope } from '../support/console-site.ts'
import { visitConsole } from '../support/console-visit.ts'
import { startProxy } from '../support/tcp-proxy.ts'

/** A browser opens every page and looks through all of it. */
const WALK_MS = 240_000
const PHONE = { width: 390, height: 844 }

describe.skipIf(!hasBrowser)('the console for everybody', () => {
  const here = visitConsole()
  let planner: SiteAgent
  let root: LeaseView
  let places: Readonly<Record<string, string>> = {}

  beforeAll(async () => {
    const { site } = here
    planner = await site.enroll('planner')
    const worker = await site.enroll('worker')
    const careful = await site.enroll('careful', { approval_mode: 'per_request' })
    root = await site.open(planner)
    const child = await site.pass(planner, root, worker, siteScope(['GET'], ['/repos/acme/x/**']))
    await post(site.owner, `/v1/leases/${child.id}/revoke`, { reason: 'a test' })
    const scope = siteScope(['POST'], ['/repos/acme/x'])
    await post(careful.client, '/v1/leases', { scope, reason: 'please' })
    await post(site.owner, '/v1/handles', { lease_id: root.id, label: 'a handle' })
    await post(site.owner, '/v1/webhooks', { url: 'http://127.0.0.1:9/', private_net: true })
    const suspended = { subject: `agent:${worker.uri}`, effect: 'suspended', reason: 'a test' }
    await post(site.owner, '/v1/revocations', suspended)
    const found = await site.owner.call<{ items: { chain: string; sequence: number }[] }>({
      method: 'GET',
      path: '/v1/audit/search?limit=1',
    })
    const [record] = found.ok ? found.value.items : []
    places = {
      Trees: 'trees',
      'Tree of planner': `trees/${root.id}`,
      Approvals: 'approvals',
      Activity: 'activity',
      Audit: 'audit',
      [`Record ${record?.sequence}`]: `audit/${record?.chain}/${record?.sequence}`,
      Alerts: 'alerts',
      Agents: 'agents',
      planner: `agents/${encodeURIComponent(planner.uri)}`,
      Enrollment: 'enroll',
      Operators: 'operators',
      Handles: 'handles',
      Credentials: 'credentials',
      Policies: 'policies',
      Limits: 'limits',
      Webhooks: 'webhooks',
      'Signing keys': 'keys',
      Revocations: 'revocations',
    }
  })

  type Part = 'first' | 'second'

  /** Goes to all pages, or to half of them: two tests are each half as long. */
  async function walk(
    look: Look,
    visit: (title: string) => Promise<void>,
    part?: Part,
  ): Promise<void> {
    const all = Object.entries(places)
    const middle = Math.ceil(all.length / 2)
    const parts = { first: all.slice(0, middle), second: all.slice(middle) }
    for (const [title, place] of part === undefined ? all : parts[part]) {
      await look.page.goto(`${here.site.url}/console/#/${place}`)
      await look.page.getByRole('heading', { name: title, level: 1, exact: true }).waitFor()
      await settled(look)
      await visit(title)
    }
  }

  /** The stream stays open, so that the network is never idle: the page is done that stays. */
  async function settled(look: Look): Promise<void> {
    let before = ''
    for (let same = 0, looks = 0; same < 3 && looks < 40; looks += 1) {
      await look.page.waitForTimeout(100)
      const now = (await look.page.locator('main').textContent()) ?? ''
      same = now === before ? same + 1 : 0
      before = now
    }
  }

  const WAYS: readonly (readonly [string, BrowserContextOptions])[] = [
    ['in light', { colorScheme: 'light' }],
    ['in dark', { colorScheme: 'dark' }],
    ['on a phone', { colorScheme: 'light', viewport: PHONE }],
    ['on a phone in dark', { colorScheme: 'dark', viewport: PHONE }],
  ]

  const HALVES = WAYS.flatMap(([way, options]) =>
    (['first', 'second'] as const).map((part) => [way, part, options] as const),
  )

  it.each(HALVES)(
    'axe finds nothing on any page %s, the %s half, and nothing goes wrong',
    async (way, part, options) => {
      const look = await here.open(options)
      const found: Record<string, readonly string[]> = { 'signing in': await look.axe() }
      await look.signIn(here.site.token)
      const visit = async (title: string) => {
        found[title] = await look.axe()
        const text = (await look.page.locator('main').textContent()) ?? ''
        const told = text.match(/\d{4}-\d\d-\d\dT\S+/g)
        expect(told, `${title} shows moments in the clock of the reader`).toBeNull()
        if (title === 'Tree of planner')
          await look.picture(`console-tree-${way.replaceAll(' ', '-')}`)
        if (title === 'Activity' && way === 'in light') await look.picture('console-activity')
      }
      await walk(look, visit, part)
      const wrong = Object.entries(found).filter(([, all]) => all.length > 0)
      expect(Object.fromEntries(wrong)).toEqual({})
    },
    WALK_MS,
  )

  it(
    'no page is wider than a phone',
    async () => {
      const look = await here.open({ viewport: PHONE })
      await look.signIn(here.site.token)
      const wide: string[] = []
      await walk(look, async (title) => {
        const width = await look.page.locator('html').evaluate((page) => page.scrollWidth)
        if (width > PHONE.width) wide.push(`${title}: ${width}`)
      })
      expect(wide).toEqual([])
    },
    WALK_MS,
  )

  it('dialogs keep the focus and are clean as well', async () => {
    const look = await here.openAt(`trees/${root.id}`)
    await look.page.getByRole('button', { name: 'Revoke…' }).click()
    await look.page.getByText('This ends').waitFor()
    expect(await look.axe()).toEqual([])
    await look.page.keyboard.press('Escape')
    await look.page.getByRole('dialog').waitFor({ state: 'detached' })
    await expect.poll(() => look.page.locator(':focus').textContent()).toBe('Revoke…')
  })

  it('the first Tab leads past the navigation to the page', async () => {
    const look = await here.openAt('trees')
    await look.page.reload()
    await look.page.getByRole('heading', { name: 'Trees' }).waitFor()
    await look.page.keyboard.press('Tab')
    expect(await look.page.locator(':focus').textContent()).toBe('Skip to the page')
    await look.page.keyboard.press('Enter')
    expect(await look.page.locator(':focus').getAttribute('id')).toBe('main')
  })

  it('a stream that broke off goes on where it was, and misses nothing', async () => {
    const { site, browser } = here
    const proxy = await startProxy(Number(new URL(site.url).port))
    const look = await lookAt(browser, `http://127.0.0.1:${proxy.port}`)
    await look.signIn(site.token)
    await look.page.goto(`http://127.0.0.1:${proxy.port}/console/#/trees/${root.id}`)
    await look.page.locator('.live.on').waitFor()
    await proxy.away()
    await look.page.locator('.live.off').waitFor()
    const late = await site.pass(planner, root, planner, siteScope(['GET'], ['/repos/acme/y']))
    await proxy.back()
    await look.page.locator(`[id="item-${late.id}"]`).waitFor()
    await look.page.locator('.live.on').waitFor()
    await look.page.context().close()
  })
})
