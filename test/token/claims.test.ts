import { describe, expect, test } from 'vitest'
import type { AgentUri, CertificateThumbprint, LeaseId } from '../../src/domain/ids.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import type { TokenClaims } from '../../src/domain/token.ts'
import { readClaims } from '../../src/token/claims.ts'
import { readSharedClaims } from '../../src/token/shared-claims.ts'
import { toWire } from '../../src/token/wire.ts'
import { callClaims, delegationClaims, jtiFor, leaseAt, NOW } from '../vectors/material.ts'

describe('what is remembered of standing claims', () => {
  const payload = (changes: Partial<TokenClaims>): string =>
    JSON.stringify(toWire({ ...callClaims(), ...changes }))

  test('a reading from memory equals a fresh one', () => {
    const written = payload({})
    const fresh = readSharedClaims(`{${written.slice(written.indexOf('"iss"'))}`, 'call')
    if (!fresh.ok) throw new Error(fresh.refusal.code)
    for (let round = 0; round < 3; round += 1) {
      const { jti, issuedAt, notBefore, expiresAt } = callClaims()
      const read = readClaims(written, 'call')
      expect(read).toEqual({
        ok: true,
        value: { ...fresh.value, jti, issuedAt, notBefore, expiresAt },
      })
    }
  })

  test('the head is read anew each time', () => {
    const audience = 'https://gateway.example/anew'
    const first = readClaims(payload({ audience }), 'call')
    const changes = {
      jti: jtiFor('another'),
      issuedAt: epochSeconds(NOW + 1),
      notBefore: epochSeconds(NOW + 2),
      expiresAt: epochSeconds(NOW + 3),
    }
    const second = readClaims(payload({ audience, ...changes }), 'call')
    if (!first.ok || !second.ok) throw new Error('both are sound')
    expect(first.value).toEqual({ ...callClaims(), audience })
    expect(second.value).toEqual({ ...callClaims(), audience, ...changes })
    expect(second.value.scope).toBe(first.value.scope)
  })

  test('nothing is remembered across kinds: a delegation is not read as a call', () => {
    const written = JSON.stringify(toWire(delegationClaims()))
    for (let round = 0; round < 2; round += 1) {
      expect(readClaims(written, 'delegation').ok).toBe(true)
      expect(readClaims(written, 'call')).toMatchObject({
        refusal: { code: 'malformed', facts: { pointer: '/del_depth' } },
      })
    }
  })

  test('a delegation has no status: the lease it speaks of is not born', () => {
    const status = { uri: `${delegationClaims().issuer}/v1/status-lists/0`, position: 0 }
    const written = JSON.stringify(toWire({ ...delegationClaims(), status }))
    expect(readClaims(written, 'delegation')).toMatchObject({
      refusal: { code: 'malformed', facts: { pointer: '/status' } },
    })
    expect(readClaims(payload({ status }), 'call').ok).toBe(true)
  })

  test('what is refused is refused again', () => {
    const written = payload({ confirmation: { certificate: 'x' as CertificateThumbprint } })
    for (let round = 0; round < 2; round += 1) {
      expect(readClaims(written, 'call')).toMatchObject({
        refusal: { code: 'malformed', facts: { pointer: '/cnf' } },
      })
    }
  })

  test('a pinned token keeps its own pin', () => {
    for (const target of ['https://a.example/1', 'https://a.example/2']) {
      const read = readClaims(payload({ pin: { method: 'GET', target } }), 'call')
      expect(read.ok && read.value.pin).toEqual({ method: 'GET', target })
    }
  })

  test('a pinned token is not remembered: it will not come again', () => {
    const written = payload({ pin: { method: 'GET', target: 'https://a.example/once' } })
    const [first, second] = [readClaims(written, 'call'), readClaims(written, 'call')]
    if (!first.ok || !second.ok) throw new Error('both are sound')
    expect(second.value).toEqual(first.value)
    expect(second.value.scope).not.toBe(first.value.scope)
  })

  test('nobody can change what tokens share', () => {
    const read = readClaims(payload({ audience: 'https://gateway.example/frozen' }), 'call')
    if (!read.ok) throw new Error(read.refusal.code)
    const { scope, lease, attestation, actors } = read.value
    for (const shared of [scope, scope.grants, scope.grants[0], scope.limits, lease, attestation]) {
      expect(Object.isFrozen(shared)).toBe(true)
    }
    expect(() => (lease.lineage as LeaseId[]).push(leaseAt(9))).toThrow(TypeError)
    expect(() => (actors as AgentUri[]).pop()).toThrow(TypeError)
  })

  test('thousands of different leases are all read, before and after the memory is full', () => {
    for (let round = 0; round < 5_000; round += 1) {
      const audience = `https://gateway.example/${round}`
      const read = readClaims(payload({ audience }), 'call')
      expect(read.ok && read.value.audience).toBe(audience)
    }
    expect(readClaims(payload({}), 'call')).toEqual({ ok: true, value: callClaims() })
  })
})
