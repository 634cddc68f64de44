import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CliServer, startCliServer } from '../support/cli-server.ts'
import { hasBrowser, openBrowser } from '../support/console-browser.ts'

describe.runIf(hasBrowser)('the page of the API in a browser', () => {
  const wrong: string[] = []
  let server: CliServer
  let browser: Browser
  let page: Page
  let policy: string

  beforeAll(async () => {
    ;[server, browser] = await Promise.all([startCliServer(), openBrowser()])
    page = await (await browser.newContext()).newPage()
    page.on('console', (said) => wrong.push(`${said.type()}: ${said.text()}`))
    page.on('request', (request) => {
      if (!request.url().startsWith(server.addresses.api)) wrong.push(`outside: ${request.url()}`)
    })
    const answer = await page.goto(`${server.addresses.api}/docs`)
    policy = answer?.headers()['content-security-policy'] ?? ''
  })

  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  it('shows every address under a policy without scripts, and asks nobody else', async () => {
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/script|unsafe/)
    expect(await page.locator('#post_leases h3').textContent()).toBe('POST /v1/leases')
    expect(await page.locator('#post_oauth2_token h3').textContent()).toBe('POST /oauth2/token')
    expect(await page.evaluate('getComputedStyle(document.body).maxWidth')).not.toBe('none')
    expect(wrong).toEqual([])
  })

  it('has links that lead somewhere, and nothing that axe finds', async () => {
    const loose = await page.evaluate(
      '[...document.querySelectorAll(\'a[href^="#"]\')].map((a) => a.hash.slice(1))' +
        '.filter((id) => document.getElementById(id) === null)',
    )
    expect(loose).toEqual([])
    const { violations } = await new AxeBuilder({ page })
      .include(['header', 'nav', '#leases', '#oauth'].join())
      .analyze()
    expect(violations.map(({ id }) => id)).toEqual([])
  })
})
