import { describe, expect, it } from 'vitest'
import {
  WEBHOOK_ATTEMPTS_MAX,
  WEBHOOK_CLAIM_SECONDS,
  WEBHOOK_LOOK_MS,
  WEBHOOK_RETRY_SECONDS,
  WEBHOOK_RETRY_SECONDS_MAX,
  WEBHOOK_TIMEOUT_MS,
  WEBHOOK_URL_CHARACTERS_MAX,
} from '../../src/domain/limits.ts'
import { parseWebhookUrl, retryAfter } from '../../src/domain/webhook.ts'

const outcome = (url: string, privateNet = false) => parseWebhookUrl(url, privateNet).ok

describe('the address of a webhook', () => {
  it('is https, or http on this machine with private_net', () => {
    expect(parseWebhookUrl('https://alerts.acme.example:8443/a?b=c', false)).toEqual({
      ok: true,
      value: { scheme: 'https', hostname: 'alerts.acme.example', port: 8443, path: '/a?b=c' },
    })
    expect(parseWebhookUrl('http://[::1]:80/', true)).toMatchObject({ value: { hostname: '::1' } })
    expect(outcome('http://127.0.0.1:80/')).toBe(false)
    for (const url of ['http://acme.example/', 'http://10.0.0.1/', 'ftp://acme.example/']) {
      expect([url, outcome(url, true)]).toEqual([url, false])
    }
  })

  it('names no private address without private_net', () => {
    for (const host of ['127.0.0.1', '10.1.2.3', '169.254.169.254', '[fd00::1]', '[::1]']) {
      expect([host, outcome(`https://${host}/`)]).toEqual([host, false])
      expect([host, outcome(`https://${host}/`, true)]).toEqual([host, true])
    }
    expect(outcome('https://93.184.216.34/')).toBe(true)
  })

  it('is canonical: what readers disagree about is refused', () => {
    for (const rest of ['a@b.example/', 'a.example', 'a.example/#x', '0x7f.1/', '2130706433/']) {
      expect([rest, outcome(`https://${rest}`, true)]).toEqual([rest, false])
    }
    for (const rest of ['localhost/', 'a.example\\@b.example/', 'a.example/..', 'a.example:/']) {
      expect([rest, outcome(`https://${rest}`, true)]).toEqual([rest, false])
    }
    const long = `https://acme.example/${'a'.repeat(WEBHOOK_URL_CHARACTERS_MAX)}`
    expect(outcome(long)).toBe(false)
  })
})

describe('a delivery that failed', () => {
  it('is tried again after a pause that doubles up to a cap, and given up after the last', () => {
    const waits = Array.from({ length: WEBHOOK_ATTEMPTS_MAX }, (_, at) => retryAfter(at + 1, 0))
    expect(waits.slice(0, 4)).toEqual([5, 10, 20, 40])
    expect(waits[0]).toBe(WEBHOOK_RETRY_SECONDS)
    expect(waits.at(-2)).toBe(WEBHOOK_RETRY_SECONDS_MAX)
    expect(waits.at(-1)).toBeNull()
    const hours = waits.reduce<number>((sum, wait) => sum + (wait ?? 0), 0) / 3_600
    expect(Math.round(hours)).toBe(6)
    expect(retryAfter(10, 1)).toBe(2_048)
  })

  it('is nobody else’s for several times what an attempt may take', () => {
    expect(WEBHOOK_CLAIM_SECONDS * 1_000).toBeGreaterThan(4 * WEBHOOK_TIMEOUT_MS)
    expect(WEBHOOK_LOOK_MS).toBeLessThan(WEBHOOK_RETRY_SECONDS * 1_000)
  })
})
