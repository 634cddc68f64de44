import { beforeAll, describe, expect, it } from 'vitest'
import type { LeaseView } from '../../src/client/views/leases.ts'
import { hasBrowser } from '../support/console-browser.ts'
import { post, type SiteAgent, siteScope } from '../support/console-site.ts'
import { visitConsole } from '../support/console-visit.ts'

describe.skipIf(!hasBrowser)('labels in the console', () => {
  const here = visitConsole()
  const { openAt } = here
  let planner: SiteAgent
  beforeAll(async () => {
    planner = await here.site.enroll('planner')
  })

  const open = (labels: object) => {
    const body = { scope: siteScope(['GET'], ['/repos/acme/**']), labels }
    return post<LeaseView>(planner.client, '/v1/leases', body)
  }

  it('are shown, found by, and revoked by after the count of what that ends', async () => {
    const root = await open({ project: 'apollo', workspace: '/home/planner/site' })
    await open({ project: 'zeus' })
    await openAt('trees')
    await here.page.getByRole('searchbox').fill('project=apol')
    await expect.poll(() => here.page.locator('.row').count()).toBe(1)
    await here.page.locator('.row').getByText('project=apollo').waitFor()
    await openAt(`trees/${root.id}`)
    await here.page.getByRole('treeitem').first().click()
    await here.page.getByText('workspace=/home/planner/site').waitFor()
    await openAt('revocations')
    const button = (name: string) => here.page.getByRole('button', { name, exact: true })
    await button('Revoke something…').click()
    await here.page.getByLabel('Kind').selectOption('label')
    await here.page.getByLabel('Its id').fill('project=apollo')
    await button('Go on').click()
    await here.page.getByText('This stops 1 live leases of 1.').waitFor()
    await here.page.getByLabel('Why').fill('the project is over')
    await button('Revoke').click()
    await here.page.locator('.row').getByText('project=apollo').waitFor()
    await openAt('trees')
    await here.page.getByRole('searchbox').fill('project=apollo')
    await here.page.locator('.row').getByText('revoked').waitFor()
  })
})
