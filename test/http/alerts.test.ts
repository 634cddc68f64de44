import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PrincipalId } from '../../src/domain/ids.ts'
import { subjectOf } from '../../src/domain/revocation.ts'
import { type Deployment, openDeployment } from '../support/http.ts'
import { raisedAlert } from '../support/http-examples.ts'

let site: Deployment

beforeAll(async () => {
  site = await openDeployment()
})
afterAll(() => site.close())

describe('alerts', () => {
  it('are seen by an owner when they are its own or the tenant’s, by an operator all', async () => {
    const planner = await site.enroll('planner')
    const tenants = await raisedAlert(site)
    const own = await raisedAlert(site, { subject: subjectOf('agent', planner.uri) })
    const somebody = subjectOf('principal', 'somebody' as PrincipalId)
    const foreign = await raisedAlert(site, { subject: somebody })
    const ids = async (as: typeof site.owner) => {
      const { json } = await as.ask('GET', '/v1/alerts')
      return json.items.map(({ id }: { id: string }) => id).toSorted()
    }
    expect(await ids(site.owner)).toEqual([tenants, own].toSorted())
    expect(await ids(site.operator)).toEqual([tenants, own, foreign].toSorted())
    const seen = await site.owner.ask('POST', `/v1/alerts/${foreign}/acknowledge`)
    expect([seen.status, seen.json.code]).toEqual([404, 'not_found'])
    const open = await site.operator.ask('GET', '/v1/alerts?open=true')
    expect(open.json.items).toHaveLength(3)
  })

  it('are acknowledged by the first person who says so, with a record', async () => {
    const id = await raisedAlert(site, { severity: 'info' })
    const path = `/v1/alerts/${id}/acknowledge`
    const first = await site.owner.ask('POST', path)
    expect([first.status, first.json.acknowledged.by]).toEqual([200, 'owner:owner'])
    const second = await site.operator.ask('POST', path)
    expect(second.json).toEqual(first.json)
    const audit = await site.owner.ask('GET', '/v1/audit?limit=200')
    const bodies = audit.json.items.map(({ body }: { body: string }) => JSON.parse(body))
    const records = bodies.filter(({ event }: { event: string }) => event === 'alert.acknowledged')
    expect(records.at(-1)).toMatchObject({ actor: 'operator:operator', facts: { alert: id } })
  })

  it('are filtered by strict words', async () => {
    for (const query of ['kind=anything', 'severity=fatal', 'open=maybe', 'subject=nobody']) {
      const seen = await site.owner.ask('GET', `/v1/alerts?${query}`)
      expect([query, seen.status]).toEqual([query, 400])
    }
    const seen = await site.owner.ask('GET', '/v1/alerts?severity=info')
    expect(seen.json.items).toHaveLength(1)
  })
})
