import { expect, it } from 'vitest'
import { readConfig } from '../../src/settings/config.ts'

function problemOf(sources: Parameters<typeof readConfig>[0]): string {
  const read = readConfig(sources)
  return read.ok ? '' : read.problem
}

it('refuses bearer tokens without TLS off loopback, unless told that TLS is before it', () => {
  const open = { 'listeners.api': '0.0.0.0:9441' }
  expect(problemOf({ flags: open })).toMatch(/^listeners\.api: 0\.0\.0\.0 is not loopback/)
  expect(readConfig({ flags: { ...open, plain_api_off_loopback: 'true' } }).ok).toBe(true)
  expect(readConfig({ flags: { ...open, 'listeners.api_tls': 'on' } }).ok).toBe(true)
})

it('refuses half a certificate of the api listener, and one that it would not show', () => {
  const files = { 'listeners.api_certificate': 'a', 'listeners.api_private_key': 'b' }
  expect(problemOf({ flags: { 'listeners.api_certificate': 'a' } })).toMatch(/set both or neither/)
  expect(problemOf({ flags: files })).toMatch(/listeners\.api_tls is off/)
  expect(readConfig({ flags: { ...files, 'listeners.api_tls': 'on' } }).ok).toBe(true)
})
