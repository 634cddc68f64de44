import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { buildConsole, type Look, lookAt, openBrowser } from './console-browser.ts'
import { type ConsoleSite, startConsoleSite } from './console-site.ts'

/** What the tests of one file have before them: an authority, a browser, and its windows. */
export interface Visit {
  readonly site: ConsoleSite
  readonly browser: Browser
  /** The window that was opened last, and its page. */
  readonly look: Look
  readonly page: Page
  /** Opens a window in which nobody is signed in. */
  open(options?: BrowserContextOptions): Promise<Look>
  /** Opens one, signs in, as the owner unless another token is given, and goes to a place. */
  openAt(place: string, order?: BrowserContextOptions & { readonly token?: string }): Promise<Look>
  /** A button of the page by the whole of what it says. */
  button(name: string | RegExp): Locator
  dialog(): Locator
}

/**
 * Lets the tests of a `describe` visit the console of an authority of their own, started with more
 * words if there are any. After each test its windows are closed, and nothing went wrong in them.
 */
export function visitConsole(words: () => Promise<readonly string[]> = async () => []): Visit {
  let site: ConsoleSite
  let browser: Browser
  let look: Look
  const opened: Look[] = []

  beforeAll(async () => {
    await buildConsole()
    site = await startConsoleSite(await words())
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })
  afterEach(async () => {
    const windows = opened.splice(0)
    await Promise.all(windows.map(({ page }) => page.context().close()))
    expect(windows.flatMap(({ wrong }) => wrong)).toEqual([])
  })

  async function open(options: BrowserContextOptions = {}): Promise<Look> {
    look = await lookAt(browser, site.url, options)
    opened.push(look)
    return look
  }

  return {
    get site() {
      return site
    },
    get browser() {
      return browser
    },
    get look() {
      return look
    },
    get page() {
      return look.page
    },
    open,
    async openAt(place, { token = site.token, ...options } = {}) {
      await open(options)
      await look.signIn(token)
      await look.page.goto(`${site.url}/console/#/${place}`)
      return look
    },
    button: (name) => look.page.getByRole('button', { name, exact: true }),
    dialog: () => look.page.getByRole('dialog'),
  }
}
