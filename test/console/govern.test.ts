import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { AgentView } from '../../src/client/views/agents.ts'
import type { AwaitsView } from '../../src/client/views/approvals.ts'
import { MAIN, READER } from '../support/cli-process.ts'
import { hasBrowser } from '../support/console-browser.ts'
import { post, type SiteAgent, siteScope } from '../support/console-site.ts'
import { visitConsole } from '../support/console-visit.ts'

describe.skipIf(!hasBrowser)('owners decide in the console', () => {
  const here = visitConsole()
  const { openAt } = here
  let deployer: SiteAgent

  beforeAll(async () => {
    deployer = await here.site.enroll('deployer', { approval_mode: 'per_request' })
  })

  function wants(what: string, reason: string): Promise<AwaitsView> {
    const scope = siteScope(['POST'], [`/repos/acme/api/${what}`])
    return post<AwaitsView>(deployer.client, '/v1/leases', { scope, reason })
  }

  async function stateOf(id: string): Promise<string> {
    const path = `/v1/approvals/${id}`
    const read = await here.site.owner.call<{ readonly state: string }>({ method: 'GET', path })
    return read.ok ? read.value.state : read.problem.code
  }

  it('a question appears as it is asked, and a, then Enter, says yes to exactly it', async () => {
    await openAt('approvals')
    await here.page.getByText('Nothing waits for you.').waitFor()
    await here.page.locator('.live.on').waitFor()
    const { approval } = await wants('deployments', 'Deploy v2.1 to staging')
    const question = here.page.getByRole('article')
    await question.waitFor()
    const told = (await question.textContent()) ?? ''
    for (const part of [
      'deployer wants to open a lease',
      'POST api.github.com/repos/acme/api/deployments',
      'schemes: ["https"]',
      'ports: [443]',
      'uses: unlimited, passed on to: spiffe://writ.local/agent/**',
      'Deploy v2.1 to staging',
      'Nobody has checked them',
      'held no lease before',
      'It may change things: POST',
      'owner → deployer',
    ]) {
      expect(told).toContain(part)
    }
    await here.look.picture('console-approval')
    await question.focus()
    await here.page.keyboard.press('a')
    await here.page.getByRole('heading', { name: 'Approve this for deployer?' }).waitFor()
    expect(await stateOf(approval.id)).toBe('pending')
    await here.page.locator('dialog button:focus').waitFor()
    await here.page.keyboard.press('Enter')
    await expect.poll(() => stateOf(approval.id)).toBe('approved')
    await here.page.getByText('Nothing waits for you.').waitFor()
  })

  it('d asks once more, Escape takes it back, and d with Enter says no', async () => {
    const { approval } = await wants('releases', 'Release on a Friday')
    await openAt('approvals')
    const question = here.page.getByRole('article')
    await question.focus()
    await here.page.keyboard.press('d')
    await here.page.getByRole('heading', { name: 'Deny this to deployer?' }).waitFor()
    await here.page.keyboard.press('Escape')
    await here.page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await stateOf(approval.id)).toBe('pending')
    await expect.poll(() => here.page.locator('.question:focus').count()).toBe(1)
    await here.page.keyboard.press('d')
    await here.page.locator('dialog button:focus').waitFor()
    await here.page.keyboard.press('Enter')
    await expect.poll(() => stateOf(approval.id)).toBe('denied')
  })

  it('words of an agent hide nothing and turn nothing around on the way to an owner', async () => {
    const talker = await here.site.enroll('talker', { approval_mode: 'per_request' })
    const reason = 'ok \u202egnp.exe\u202c pay\u200bpal \u001b[31m'
    await post<AwaitsView>(talker.client, '/v1/leases', {
      scope: siteScope(['GET'], ['/repos/acme/x']),
      reason,
    })
    await openAt('approvals')
    const words = here.page.locator('.question blockquote p', { hasText: 'gnp' })
    const said = (await words.textContent()) ?? ''
    expect(said).toBe('ok \\u202egnp.exe\\u202c pay\\u200bpal \\u001b[31m')
  })

  it('an address that can not be read has a page that says so', async () => {
    await openAt('approvals')
    await here.page.getByRole('heading', { name: 'Approvals', level: 1 }).waitFor()
    await here.page.goto(`${here.site.url}/console/#/%E0%A4%A`)
    await here.page.getByRole('heading', { name: 'Approvals', level: 1 }).waitFor({
      state: 'detached',
    })
  })

  it('a refusal is found in the audit trail, and its record says why and how it stands', async () => {
    const stranger = await here.site.enroll('stranger')
    const lease = await here.site.open(stranger)
    const wider = siteScope(['GET'], ['/repos/**'])
    const refused = await stranger.client.call({
      method: 'POST',
      path: '/v1/delegations',
      body: { lease_id: lease.id, delegate: deployer.uri, scope: wider },
    })
    expect(refused.ok).toBe(false)
    await openAt('audit')
    await here.page.getByLabel('Outcome').selectOption('refused')
    await here.page.getByLabel('Find in the text of records').fill(lease.id)
    const row = here.page.getByRole('row').filter({ hasText: 'not narrower' })
    await row.getByRole('link').first().click()
    await here.page.getByRole('heading', { name: /^Record \d+$/ }).waitFor()
    await here.page.getByText('The scope asks for more than allowed.').waitFor()
    await here.page.getByText('It and its neighbours name each other by hash.').waitFor()
    await here.look.picture('console-record')
    await here.page.getByRole('link', { name: lease.id }).first().click()
    await here.page.getByRole('heading', { name: 'Tree of stranger' }).waitFor()
    await here.page.goto(`${here.site.url}/console/#/audit`)
    await here.page.getByRole('button', { name: 'Verify the trail' }).click()
    await here.page.getByText(/✓ Whole: \d+ records/).waitFor()
  })

  it('decisions made while the audit trail is looked at are counted, and shown when asked', async () => {
    const lately = await here.site.enroll('lately')
    await openAt('audit')
    await here.page.getByRole('row').nth(1).waitFor()
    const lease = await here.site.open(lately)
    const row = here.page.getByRole('row').filter({ has: here.page.getByTitle(lease.id) })
    await here.page.getByText('1 decisions since.').waitFor()
    expect(await row.count()).toBe(0)
    await here.page.getByRole('button', { name: 'Show them' }).click()
    await row.first().waitFor()
    expect(await here.page.getByText('decisions since').count()).toBe(0)
  })

  it('LEASH-10: an agent is invited, looked at, and let in under an edited contract', async () => {
    await openAt('enroll')
    await here.page.getByRole('button', { name: 'Invite an agent' }).click()
    const token = (await here.page.locator('#shown-once').textContent()) ?? ''
    await here.page.getByRole('button', { name: 'Done' }).click()
    const joined = newcomer(token, 'newcomer')
    await here.page.getByRole('link', { name: /newcomer/ }).click()
    await here.page.getByText('Nobody vouches for what an agent says of itself.').waitFor()
    await here.page.getByLabel('Hosts').fill('api.stripe.com')
    await here.page.getByLabel('Methods').fill('GET, POST')
    await here.page.getByLabel('may use payment credentials').check()
    await here.look.picture('console-enrollment')
    await here.page.getByRole('button', { name: 'Let it in' }).click()
    expect(await joined).toBe(0)
    const path = '/v1/agents/newcomer'
    const read = await here.site.owner.call<AgentView>({ method: 'GET', path })
    expect(read.ok && read.value.contract.grants[0]).toMatchObject({
      hosts: ['api.stripe.com'],
      methods: ['GET', 'POST'],
    })
    expect(read.ok && read.value.terms).toMatchObject({
      approval_mode: 'per_request',
      categories: ['payment'],
    })
    await here.page.goto(`${here.site.url}/console/#/agents/${encodeURIComponent('newcomer')}`)
    await here.page.getByRole('heading', { name: 'newcomer', level: 1 }).waitFor()
    await here.page.getByLabel('Paths').fill('/v1/charges')
    await here.page.getByRole('button', { name: 'Set the contract' }).click()
    await expect
      .poll(async () => {
        const now = await here.site.owner.call<AgentView>({ method: 'GET', path })
        return now.ok && now.value.contract_version
      })
      .toBe(2)
  })

  it('an agent is turned away only after a question', async () => {
    await openAt('enroll')
    await here.page.getByRole('button', { name: 'Invite an agent' }).click()
    const token = (await here.page.locator('#shown-once').textContent()) ?? ''
    await here.page.getByRole('button', { name: 'Done' }).click()
    const joined = newcomer(token, 'unwanted')
    await here.page.getByRole('link', { name: /unwanted/ }).click()
    await here.page.getByRole('button', { name: 'Turn it away…' }).click()
    await here.page.getByRole('heading', { name: 'Turn unwanted away?' }).waitFor()
    await here.page.getByRole('button', { name: 'Turn it away', exact: true }).click()
    expect(await joined).not.toBe(0)
    await here.page.getByText('denied').waitFor()
  })

  it('what the contract editor does not change stays as it was', async () => {
    const { uri } = await here.site.enroll('settled', {
      approval_mode: 'auto_all',
      categories: ['database'],
      rate: { hour: 7, day: 'unlimited' },
    })
    const path = '/v1/agents/settled'
    const read = () => here.site.owner.call<AgentView>({ method: 'GET', path })
    const before = await read()
    await openAt(`agents/${encodeURIComponent(uri)}`)
    await here.page.getByRole('button', { name: 'Set the contract' }).click()
    await here.page.getByText('The contract is in force').waitFor({ state: 'attached' })
    const after = await read()
    if (!before.ok || !after.ok) throw new Error('no agent')
    expect(after.value.contract_version).toBe(2)
    expect(after.value.terms).toEqual(before.value.terms)
    expect(after.value.contract).toEqual(before.value.contract)
  })

  /** The agent's own process; answers its exit status. */
  function newcomer(token: string, name: string): Promise<number | null> {
    const out = join(here.site.server.folder, name)
    const words = ['enroll', 'join', '--name', name, '--out', out, '--token-file', '-']
    const child = spawn(process.execPath, ['--import', READER, MAIN, ...words], {
      env: here.site.server.env,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    child.stdin.end(token)
    return new Promise((resolve) => child.once('exit', resolve))
  }

  it('I12: a credential goes in, is replaced, and is read nowhere', async () => {
    const secret = 'sk_live_4242424242424242'
    await openAt('credentials')
    const bodies: string[] = []
    here.page.on('response', async (answer) => {
      if (answer.url().includes('/v1/')) bodies.push(await answer.text().catch(() => ''))
    })
    await here.page.getByRole('button', { name: 'Add a credential' }).click()
    await here.page.getByLabel('Name', { exact: true }).fill('payments/stripe')
    await here.page.getByLabel(/^Origin/).fill('https://api.stripe.com')
    await here.page.getByLabel('Secret').fill(secret)
    await here.page.getByRole('button', { name: 'Keep it' }).click()
    await here.page.getByText('version 1').waitFor()
    await here.page.getByRole('button', { name: 'Replace… payments/stripe' }).click()
    await here.page.getByLabel('Secret').fill(`${secret}-2`)
    await here.page.getByRole('button', { name: 'Replace', exact: true }).click()
    await here.page.getByText('version 2').waitFor()
    expect(bodies.length).toBeGreaterThan(2)
    expect(bodies.join('\n')).not.toContain(secret)
    expect(await here.page.content()).not.toContain(secret)
  })

  it('signs out, and everything asked after that is refused', async () => {
    await openAt('trees')
    await here.page.getByRole('button', { name: 'Sign out' }).click()
    await here.page.getByText('You are signed out.').waitFor()
    await here.page.reload()
    await here.page.getByLabel('Owner or operator token').waitFor()
  })
})
