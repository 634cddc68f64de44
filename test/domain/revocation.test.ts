import { describe, expect, it } from 'vitest'
import { subjectOf, subjectsOf } from '../../src/domain/revocation.ts'
import { ALICE, CERTIFICATE, HELPER, KEY, lease, leaseId, PLANNER, WORKER } from './samples.ts'

describe('a subject is its kind and its id', () => {
  it.each([
    ['lease', leaseId(0), `lease:${leaseId(0)}`],
    ['agent', WORKER, 'agent:spiffe://acme.example/agent/worker'],
    ['certificate', CERTIFICATE, `certificate:${CERTIFICATE}`],
    ['principal', ALICE, 'principal:user:alice'],
    ['tenant', 'default', 'tenant:default'],
    ['key', KEY, `key:${KEY}`],
  ] as const)('%s', (kind, id, subject) => {
    expect(subjectOf(kind, id)).toBe(subject)
  })
})

describe('I6: what kills a use when it is revoked', () => {
  it('each lease and each holder of the lineage, the principal and the tenant', () => {
    expect(subjectsOf(lease(2))).toEqual([
      `lease:${leaseId(0)}`,
      `lease:${leaseId(1)}`,
      `lease:${leaseId(2)}`,
      `agent:${PLANNER}`,
      `agent:${WORKER}`,
      `agent:${HELPER}`,
      'principal:user:alice',
      'tenant:default',
    ])
  })

  it('and the certificate and the signing key that are presented', () => {
    const alone = subjectsOf(lease(0))
    expect(subjectsOf(lease(0), { certificate: CERTIFICATE, key: KEY })).toEqual([
      ...alone,
      `certificate:${CERTIFICATE}`,
      `key:${KEY}`,
    ])
    expect(subjectsOf(lease(0), { certificate: CERTIFICATE })).toEqual([
      ...alone,
      `certificate:${CERTIFICATE}`,
    ])
    expect(subjectsOf(lease(0), { key: KEY })).toEqual([...alone, `key:${KEY}`])
    expect(subjectsOf(lease(0), { certificate: undefined, key: undefined })).toEqual(alone)
  })

  it('names an agent once, however often it holds', () => {
    const subjects = subjectsOf(lease(0, { holders: [PLANNER, WORKER, PLANNER] }))
    expect(subjects.filter((subject) => subject === `agent:${PLANNER}`)).toHaveLength(1)
  })

  it('a holder above is named as well as the holder: T-06', () => {
    expect(subjectsOf(lease(1))).toContain(`agent:${PLANNER}`)
    expect(subjectsOf(lease(1))).toContain(`agent:${WORKER}`)
  })
})
