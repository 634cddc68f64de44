import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildConsole, hasBrowser, lookAt, openBrowser } from '../support/console-browser.ts'
import { type Credential, handAuthority } from '../support/pki.ts'
import { startTlsSite, type TlsSite } from '../support/tls-site.ts'

describe.skipIf(!hasBrowser)('signing in to the console with a certificate', () => {
  let site: TlsSite
  let browser: Browser
  let ann: Credential
  let stranger: Credential

  beforeAll(async () => {
    await buildConsole()
    site = await startTlsSite()
    browser = await openBrowser()
    const company = await handAuthority('CN=Company')
    ann = await company.issue({ names: [], subject: 'CN=ann' })
    stranger = await company.issue({ names: [], subject: 'CN=stranger' })
    const headers = { authorization: `Bearer ${site.ownerToken}` }
    const body = { name: 'ann', role: 'owner', certificate: ann.cert }
    await site.ask({ method: 'POST', path: '/v1/operators', headers, body })
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  function lookWith(shown: Credential | undefined) {
    const { cert, key } = shown ?? {}
    const pair = cert && key ? { cert: Buffer.from(cert), key: Buffer.from(key) } : undefined
    const clientCertificates = pair ? [{ origin: site.url, ...pair }] : []
    return lookAt(browser, site.url, { ignoreHTTPSErrors: true, clientCertificates })
  }

  it('an owner signs in by certificate without any token, and is let go when she is removed', async () => {
    const look = await lookWith(ann)
    const button = look.page.getByRole('button', { name: 'Sign in with your certificate' })
    await button.waitFor()
    expect(await look.axe()).toEqual([])
    await look.picture('console-sign-in')
    await button.click()
    await look.page.getByRole('heading', { name: 'Trees', level: 1 }).waitFor()
    const cookies = await look.page.context().cookies(site.url)
    expect(cookies.map(({ name, secure, httpOnly }) => [name, secure, httpOnly])).toEqual([
      ['__Host-writ', true, true],
    ])
    await look.page.reload()
    await look.page.getByRole('heading', { name: 'Trees', level: 1 }).waitFor()
    expect(look.wrong).toEqual([])
    const headers = { authorization: `Bearer ${site.ownerToken}` }
    await site.ask({ method: 'DELETE', path: '/v1/operators/ann', headers })
    await look.page.goto(`${site.url}/console/#/agents`)
    await look.page.getByText('Your session is over. Sign in again.').waitFor()
    await look.page.context().close()
  })

  it('a certificate that nobody registered is refused in words, and the token still works', async () => {
    const look = await lookWith(stranger)
    await look.page.getByRole('button', { name: 'Sign in with your certificate' }).click()
    await look.page.getByText('Nobody is registered with the certificate').waitFor()
    await look.signIn(site.ownerToken)
    expect(look.wrong.filter((said) => !said.includes('401'))).toEqual([])
    await look.page.context().close()
  })

  it('without one the page asks for the token alone', async () => {
    const look = await lookWith(undefined)
    await look.page.getByLabel('Owner or operator token').waitFor()
    await look.page.waitForLoadState('networkidle')
    expect(await look.page.getByText('Sign in with your certificate').count()).toBe(0)
    await look.page.context().close()
  })
})
