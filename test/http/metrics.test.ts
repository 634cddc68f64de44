import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../src/metrics.ts'

describe('the numbers', () => {
  it('count under the documented names, with words from closed sets as labels', async () => {
    const metrics = createMetrics()
    metrics.tokensIssued('call', 'allowed', 3)
    metrics.tokensIssued('delegation', 'not_narrower')
    metrics.redemption('token_used')
    metrics.revocations(2)
    metrics.httpRequest('api', '/v1/leases/{id}', 404, 0.002)
    metrics.gatewayRequest('github', 'allowed')
    metrics.unauthenticated('agents')
    metrics.storeCommit(0.0004, 7)
    metrics.alert('audit.broken', 'critical')
    metrics.webhookDelivery('again')
    metrics.watchLag(3)
    const text = await metrics.text()
    for (const line of [
      'writ_tokens_issued_total{kind="call",result="allowed"} 3',
      'writ_tokens_issued_total{kind="delegation",result="not_narrower"} 1',
      'writ_redemptions_total{result="token_used"} 1',
      'writ_revocations_total 2',
      'writ_http_requests_total{listener="api",route="/v1/leases/{id}",status="404"} 1',
      'writ_http_request_seconds_count{route="/v1/leases/{id}"} 1',
      'writ_gateway_requests_total{route="github",result="allowed"} 1',
      'writ_unauthenticated_total{listener="agents"} 1',
      'writ_alerts_total{kind="audit.broken",severity="critical"} 1',
      'writ_webhook_deliveries_total{result="again"} 1',
      'writ_watch_lag_seconds 3',
      'writ_store_commit_seconds_count 1',
      'writ_store_commit_group_sum 7',
    ]) {
      expect(text.split('\n')).toContain(line)
    }
  })

  it('tell nothing of what was not counted, or is not counted any more: no 0 that nobody saw', async () => {
    const metrics = createMetrics()
    const lines = async () =>
      (await metrics.text()).split('\n').filter((line) => /^writ_(leases|\w+_waiting)/.test(line))
    expect(await lines()).toEqual([])
    metrics.liveLeases(0)
    metrics.waiting({ approvals: 2, registrations: 1 })
    expect(await lines()).toEqual([
      'writ_leases_live 0',
      expect.stringMatching(/^writ_leases_live_age_seconds 0\.\d+$/),
      'writ_approvals_waiting 2',
      'writ_registrations_waiting 1',
    ])
    metrics.liveLeases(undefined)
    metrics.waiting(undefined)
    expect(await lines()).toEqual([])
  })

  it('do not mix with those of another registry in the same process', async () => {
    const first = createMetrics()
    const second = createMetrics()
    first.redemption('allowed')
    expect(await second.text()).not.toContain('writ_redemptions_total{')
  })
})
