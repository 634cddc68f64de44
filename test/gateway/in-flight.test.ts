import { afterEach, describe, expect, it } from 'vitest'
import { refuse } from '../../src/domain/refusal.ts'
import { accept } from '../../src/domain/result.ts'
import type { RevocationNotice, RevocationSubject } from '../../src/domain/revocation.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { createInFlight, type Dependence, type InFlight } from '../../src/gateway/in-flight.ts'

const NOW = epochSeconds(1_000)
const LATER = epochSeconds(2_000)
type Judge = NonNullable<Dependence['judgeAgain']>

describe('the register of running calls', () => {
  let register: InFlight
  let tell: (changes: readonly RevocationNotice[]) => void = () => undefined
  let otherPolicies: () => void = () => undefined
  const open = () => {
    register = createInFlight({
      clock: { now: () => NOW },
      onRevocation: (listener) => {
        tell = listener
        return () => {
          tell = () => undefined
        }
      },
      onPolicies: (listener) => {
        otherPolicies = listener
        return () => {
          otherPolicies = () => undefined
        }
      },
    })
    return register
  }
  afterEach(() => register.close())
  const revoked = (subject: RevocationSubject): RevocationNotice => ({ subject, effect: 'revoked' })

  it('cuts every call that depends on the subject, once, and no other', () => {
    const inFlight = open()
    const cuts: string[] = []
    const flights = ['a', 'b', 'a', 'c', 'a'].map((lease, index) => {
      const flight = inFlight.enter((reason) => cuts.push(`${index} ${reason}`))
      flight.depend({ subjects: [`lease:${lease}`, 'tenant:default'], endsAt: LATER })
      return flight
    })
    tell([revoked('lease:a'), revoked('lease:zz')])
    expect(cuts.sort()).toEqual(['0 revoked', '2 revoked', '4 revoked'])
    expect(inFlight.size).toBe(2)
    tell([revoked('lease:a')])
    expect(cuts).toHaveLength(3)
    for (const flight of flights) flight.leave()
    for (const flight of flights) flight.leave()
    expect(inFlight.size).toBe(0)
    tell([revoked('tenant:default')])
    expect(cuts).toHaveLength(3)
  })

  it('keeps the others in their places whichever leaves', () => {
    for (const leaving of [0, 1, 2]) {
      const inFlight = open()
      const cuts: number[] = []
      const flights = [0, 1, 2].map((index) => inFlight.enter(() => cuts.push(index)))
      for (const [index, flight] of flights.entries())
        flight.depend({ subjects: [`lease:${index}`], endsAt: LATER })
      flights[leaving]?.leave()
      for (const index of [0, 1, 2]) tell([revoked(`lease:${index}`)])
      expect(cuts).toEqual([0, 1, 2].filter((index) => index !== leaving))
      inFlight.close()
    }
  })

  it('tells of what was revoked before it was known what the call depends on', () => {
    const inFlight = open()
    const flight = inFlight.enter(() => undefined)
    tell([revoked('lease:a')])
    tell([revoked('lease:b')])
    expect(flight.depend({ subjects: ['lease:c'], endsAt: LATER })).toBeUndefined()
    const other = inFlight.enter(() => undefined)
    expect(other.depend({ subjects: ['lease:a', 'lease:b'], endsAt: LATER })).toBeUndefined()
    const heard = inFlight.enter(() => undefined)
    tell([revoked('lease:a')])
    expect(heard.depend({ subjects: ['lease:a'], endsAt: LATER })).toBe('revoked')
  })

  it('I6: cuts what runs below a lease that was released, and tells the worst of what it heard', () => {
    const inFlight = open()
    const cuts: string[] = []
    const running = inFlight.enter((reason) => cuts.push(reason))
    running.depend({ subjects: ['lease:a', 'lease:b'], endsAt: LATER })
    tell([
      { subject: 'lease:a', effect: 'lifted' },
      { subject: 'agent:x', effect: 'contract_moved' },
    ])
    expect(cuts).toEqual([])
    tell([{ subject: 'lease:a', effect: 'released' }])
    expect(cuts).toEqual(['released'])
    const entering = inFlight.enter(() => undefined)
    tell([{ subject: 'lease:b', effect: 'released' }])
    expect(entering.depend({ subjects: ['lease:b'], endsAt: LATER })).toBe('released')
    tell([{ subject: 'lease:b', effect: 'suspended' }])
    const late = inFlight.enter(() => undefined)
    tell([{ subject: 'lease:c', effect: 'released' }, revoked('agent:x')])
    expect(late.depend({ subjects: ['lease:c', 'agent:x'], endsAt: LATER })).toBe('revoked')
  })

  it('is empty when the last call is over', async () => {
    const inFlight = open()
    await inFlight.empty()
    const flights = [inFlight.enter(() => undefined), inFlight.enter(() => undefined)]
    let empty = false
    const waiting = inFlight.empty().then(() => {
      empty = true
    })
    flights[0]?.leave()
    await Promise.resolve()
    expect(empty).toBe(false)
    inFlight.cutAll()
    await waiting
  })

  it('asks again about a call when a contract it hangs on moves, also while it is admitted', async () => {
    const inFlight = open()
    const cuts: string[] = []
    const moved: RevocationNotice = {
      subject: 'agent:spiffe://a.b/agent/x',
      effect: 'contract_moved',
    }
    const on = { subjects: [moved.subject], endsAt: LATER }
    const answers = {
      kept: accept(LATER),
      over: accept(NOW),
      narrowed: refuse('scope_not_granted'),
    }
    const before = inFlight.enter((reason) => cuts.push(`before ${reason}`))
    for (const [name, answer] of Object.entries(answers)) {
      const flight = inFlight.enter((reason) => cuts.push(`${name} ${reason}`))
      flight.depend({ ...on, judgeAgain: async () => answer })
    }
    inFlight.enter((reason) => cuts.push(`blind ${reason}`)).depend(on)
    inFlight.enter((reason) => cuts.push(`other ${reason}`)).depend({ ...on, subjects: [] })
    tell([moved])
    expect(before.depend({ ...on, judgeAgain: () => Promise.reject(new Error()) })).toBeUndefined()
    const all = [
      'before status_unknown',
      'blind status_unknown',
      'narrowed scope_not_granted',
      'over expired',
    ]
    await expect.poll(() => [...cuts].sort()).toEqual(all)
    expect(inFlight.size).toBe(2)
  })

  it('judges all calls again under other policies, also those that were being admitted', async () => {
    const inFlight = open()
    const cuts: string[] = []
    const asked: string[] = []
    const enter = (name: string) => inFlight.enter((reason) => cuts.push(`${name} ${reason}`))
    const on = (name: string, answer: Awaited<ReturnType<Judge>>) => ({
      subjects: [],
      endsAt: LATER,
      judgeAgain: async (moved: string) => {
        asked.push(`${name} ${moved}`)
        return answer
      },
    })
    enter('kept').depend(on('kept', accept(LATER)))
    enter('denied').depend(on('denied', refuse('policy_denied')))
    enter('blind').depend({ subjects: [], endsAt: LATER })
    const gone = enter('gone')
    gone.depend(on('gone', refuse('policy_denied')))
    gone.leave()
    const before = enter('before')
    otherPolicies()
    const after = enter('after')
    expect(before.depend(on('before', refuse('quarantined')))).toBeUndefined()
    expect(after.depend(on('after', refuse('policy_denied')))).toBeUndefined()
    const all = ['before quarantined', 'blind status_unknown', 'denied policy_denied']
    await expect.poll(() => [...cuts].sort()).toEqual(all)
    expect(asked.sort()).toEqual(['before policies', 'denied policies', 'kept policies'])
    expect(inFlight.size).toBe(2)
    inFlight.close()
    otherPolicies()
    expect(asked).toHaveLength(3)
  })
})
