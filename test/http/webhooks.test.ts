import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { WEBHOOK_ATTEMPTS_MAX, WEBHOOK_RETRY_SECONDS_MAX } from '../../src/domain/limits.ts'
import { Courier } from '../../src/usecases/alerts/courier.ts'
import { type Deployment, openDeployment } from '../support/http.ts'
import { raisedAlert } from '../support/http-examples.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'

let site: Deployment
let receiver: Receiver
const couriers: Courier[] = []
const results: string[] = []

beforeAll(async () => {
  site = await openDeployment()
  receiver = await startReceiver()
})
afterEach(async () => {
  await Promise.all(couriers.splice(0).map((one) => one.close()))
  const { json } = await site.owner.ask('GET', '/v1/webhooks')
  for (const { id } of json.items) await site.owner.ask('DELETE', `/v1/webhooks/${id}`)
  Object.assign(receiver, { status: 204 })
  receiver.arrived.length = 0
  results.length = 0
})
afterAll(async () => {
  receiver.close()
  await site.close()
})

function courier(): Courier {
  const made = new Courier({
    world: site.world,
    raised: () => undefined,
    delivered: (result) => void results.push(result),
    failed: (fault) => {
      throw fault
    },
  })
  couriers.push(made)
  return made
}

async function webhook(change: object = {}) {
  const body = { url: receiver.url, private_net: true, ...change }
  const seen = await site.owner.ask('POST', '/v1/webhooks', { body })
  expect([seen.status, seen.text]).toEqual([201, seen.text])
  return seen.json
}

async function settled(count: number): Promise<void> {
  for (let waited = 0; results.length < count && waited < 500; waited += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
  expect(results.length).toBe(count)
}

describe('a webhook', () => {
  it('gets the alert, signed so that the library of Standard Webhooks accepts it', async () => {
    const { secret } = await webhook()
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const id = await raisedAlert(site, { facts: { sequence: 7, name: 'grüße' } })
    await courier().look()
    const [message] = await receiver.have(1)
    if (message === undefined) throw new Error('one arrived')
    const headers = message.headers as Record<string, string>
    const read = new Webhook(secret).verify(message.body, headers)
    expect(read).toMatchObject({
      type: 'audit.broken',
      data: { alert: id, severity: 'critical', facts: { sequence: 7, name: 'grüße' } },
    })
    expect([headers['webhook-id'], headers['content-type']]).toEqual([id, 'application/json'])
    const other = new Webhook(`whsec_${Buffer.alloc(32).toString('base64')}`)
    expect(() => other.verify(message.body, headers)).toThrow('No matching signature found')
    const changed = message.body.replace('critical', 'harmless')
    expect(() => new Webhook(secret).verify(changed, headers)).toThrow()
  })

  it('may be tested: one message of the kind webhook.test, and its status', async () => {
    const { id, secret } = await webhook()
    const seen = await site.owner.ask('POST', `/v1/webhooks/${id}/test`)
    expect(seen.json).toEqual({ delivered: true, status: 204, detail: null })
    const [message] = await receiver.have(1)
    if (message === undefined) throw new Error('one arrived')
    const headers = message.headers as Record<string, string>
    const read = new Webhook(secret).verify(message.body, headers)
    expect(read).toMatchObject({ type: 'webhook.test', data: { webhook: id } })
    receiver.status = 500
    const failed = await site.owner.ask('POST', `/v1/webhooks/${id}/test`)
    expect(failed.json).toEqual({ delivered: false, status: 500, detail: null })
  })

  it('I12: shows its secret once; nothing stored, listed, logged or recorded has it', async () => {
    const { secret, id } = await webhook()
    const list = await site.owner.ask('GET', '/v1/webhooks')
    expect(list.json.items).toMatchObject([{ id, waiting: 0, failing_since: null }])
    const audit = await site.owner.ask('GET', '/v1/audit?limit=200')
    const kept = await site.world.store.read((reads) => reads.webhooks('default' as never))
    const everything = [list.text, audit.text, JSON.stringify(kept), ...site.lines].join()
    const raw = secret.slice('whsec_'.length)
    for (const form of [raw, Buffer.from(raw, 'base64').toString('base64url')]) {
      expect(everything).not.toContain(form)
    }
  })

  it('is tried again after a failure with the same id, until it is delivered', async () => {
    await webhook()
    const id = await raisedAlert(site)
    receiver.status = 503
    const one = courier()
    await one.look()
    await settled(1)
    await one.look()
    expect(receiver.arrived).toHaveLength(1)
    receiver.status = 204
    site.advance(10)
    await one.look()
    await settled(2)
    expect(results).toEqual(['again', 'delivered'])
    expect(receiver.arrived.map(({ headers }) => headers['webhook-id'])).toEqual([id, id])
  })

  it('is given up after the last attempt, with an alert, and taken as whole when it answers', async () => {
    await webhook({ kinds: ['audit.broken'] })
    await raisedAlert(site)
    receiver.status = 302
    const one = courier()
    for (let attempt = 1; attempt <= WEBHOOK_ATTEMPTS_MAX; attempt += 1) {
      await one.look()
      await settled(attempt)
      site.advance(WEBHOOK_RETRY_SECONDS_MAX)
    }
    expect(results.at(-1)).toBe('given_up')
    const alerts = await site.owner.ask('GET', '/v1/alerts?kind=webhook.failed')
    expect(alerts.json.items[0]).toMatchObject({ facts: { detail: 'status 302' }, owner: 'owner' })
    const failing = await site.owner.ask('GET', '/v1/webhooks')
    expect(failing.json.items[0].failing_since).not.toBeNull()
    receiver.status = 200
    await raisedAlert(site)
    await one.look()
    await settled(WEBHOOK_ATTEMPTS_MAX + 1)
    const whole = await site.owner.ask('GET', '/v1/webhooks')
    expect(whole.json.items[0].failing_since).toBeNull()
  })

  it('whose secret does not open is told nothing, and is given up in the end', async () => {
    const kept = await webhook({ kinds: ['audit.broken'] })
    const { store, ids } = site.world
    const list = await store.read((reads) => reads.webhooks(DEFAULT_TENANT))
    const found = list.find(({ id }) => id === kept.id)
    if (found === undefined) throw new Error('it is kept')
    await site.owner.ask('DELETE', `/v1/webhooks/${kept.id}`)
    // As in a store that was put back: sealed to another place, or under another master key.
    const id = ids.webhook()
    const by = { tenant: DEFAULT_TENANT, request: ids.request(), actor: 'authority' } as const
    await store.decide(async (tx) => ({
      result: await tx.insertWebhook({ ...found, id }),
      record: { ...by, event: 'webhook.created', outcome: 'allowed', lease: null, facts: {} },
    }))
    await raisedAlert(site)
    const one = courier()
    for (let attempt = 1; attempt <= WEBHOOK_ATTEMPTS_MAX; attempt += 1) {
      await one.look()
      await settled(attempt)
      site.advance(WEBHOOK_RETRY_SECONDS_MAX)
    }
    expect([results.at(-1), receiver.arrived]).toEqual(['given_up', []])
    const tested = await site.owner.ask('POST', `/v1/webhooks/${id}/test`)
    expect(tested.json).toEqual({ delivered: false, status: null, detail: 'secret' })
  })

  it('that is gone (410) is not tried again', async () => {
    await webhook({ kinds: ['audit.broken'] })
    await raisedAlert(site)
    receiver.status = 410
    await courier().look()
    await settled(1)
    expect(results).toEqual(['given_up'])
  })

  it('is told each alert once by several couriers that look at once', async () => {
    await webhook({ kinds: ['audit.broken'] })
    const ids = []
    for (let n = 0; n < 12; n += 1) ids.push(await raisedAlert(site))
    const several = [courier(), courier(), courier()]
    for (let round = 0; round < 8; round += 1) {
      await Promise.all(several.map((one) => one.look()))
      await new Promise((resolve) => {
        setTimeout(resolve, 50)
      })
    }
    await settled(12)
    const told = receiver.arrived.map(({ headers }) => headers['webhook-id'])
    expect(told.toSorted()).toEqual(ids.toSorted())
  })

  it('is of one owner: another neither sees nor tests nor removes it', async () => {
    const { id } = await webhook()
    const body = { name: 'second', role: 'owner' }
    const made = await site.owner.ask('POST', '/v1/operators', { body })
    const second = site.bearer(made.json.token)
    expect((await second.ask('GET', '/v1/webhooks')).json.items).toEqual([])
    expect((await second.ask('POST', `/v1/webhooks/${id}/test`)).status).toBe(404)
    expect((await second.ask('DELETE', `/v1/webhooks/${id}`)).status).toBe(404)
    expect((await site.operator.ask('GET', '/v1/webhooks')).status).toBe(403)
  })

  it('goes to no address that is not public unless that was said, and nowhere without https', async () => {
    for (const url of [receiver.url, 'https://169.254.169.254/', 'https://[::1]/', 'ftp://a.b/']) {
      const seen = await site.owner.ask('POST', '/v1/webhooks', { body: { url } })
      expect([url, seen.status, seen.json.reasons[0].pointer]).toEqual([url, 400, '/url'])
    }
    const body = { url: 'http://alerts.acme.example/', private_net: true }
    expect((await site.owner.ask('POST', '/v1/webhooks', { body })).status).toBe(400)
  })
})
