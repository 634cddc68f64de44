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
  let bea: Credential

  beforeAll(async () => {
    await buildConsole()
    site = await startTlsSite()
    browser = await openBrowser()
    const company = await handAuthority('CN=Company')
    ann = await company.issue({ names: [], subject: 'CN=ann' })
    stranger = await company.issue({ names: [], subject: 'CN=stranger' })
    bea = await company.issue({ names: [], subject: 'CN=bea' })
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

  it('an owner registers a certificate from its file, and whoever has its key signs in', async () => {
    const look = await lookWith(undefined)
    const posted: string[] = []
    look.page.on('request', (sent) => {
      if (sent.method() === 'POST') posted.push(sent.postData() ?? '')
    })
    await look.signIn(site.ownerToken)
    await look.page.goto(`${site.url}/console/#/operators`)
    await look.page.getByRole('button', { name: 'Add an operator' }).click()
    await look.page.getByLabel('Name', { exact: true }).fill('bea')
    const choose = async (...parts: readonly string[]) => {
      const buffer = Buffer.from(parts.join('\n'))
      const file = { name: 'bea.pem', mimeType: 'application/x-pem-file', buffer }
      await look.page.getByLabel(/^Certificate to sign in with/).setInputFiles(file)
      await look.page.getByRole('button', { name: 'Add', exact: true }).click()
    }
    await choose(bea.cert, bea.key)
    await look.page.getByText('There is a private key in this file').waitFor()
    expect(posted.join('\n')).not.toContain('PRIVATE KEY')
    const found = [await look.axe()]
    await look.page.emulateMedia({ colorScheme: 'dark' })
    found.push(await look.axe())
    await look.page.setViewportSize({ width: 390, height: 844 })
    found.push(await look.axe())
    expect(found.flat()).toEqual([])
    await choose('no certificate at all')
    await look.page.getByText('not one certificate in PEM').waitFor()
    await choose(bea.cert)
    await look.page.getByRole('dialog').waitFor({ state: 'detached' })
    await look.page
      .locator('.row', { hasText: 'bea' })
      .getByText('operator, by certificate')
      .waitFor()
    expect(await look.page.locator('#shown-once').count()).toBe(0)
    expect(look.wrong.filter((said) => !said.includes('400'))).toEqual([])
    await look.page.context().close()

    const hers = await lookWith(bea)
    await hers.page.getByRole('button', { name: 'Sign in with your certificate' }).click()
    await hers.page.getByRole('heading', { name: 'Trees', level: 1 }).waitFor()
    await hers.page.context().close()
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
