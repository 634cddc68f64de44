import { describe, expect, it } from 'vitest'
import { agentName, hasGivenShape } from '../../src/domain/agent-name.ts'

describe('the name of an agent', () => {
  it.each([
    ['spiffe://acme.example/agent/planner', 'planner'],
    ['spiffe://acme.example/gateway/edge', 'edge'],
    ['spiffe://acme.example/issuer/partner', 'partner'],
    ['spiffe://partner.example/ns/data/sa/planner', 'partner.example/ns/data/sa/planner'],
    ['spiffe://partner.example/agent/x/planner', 'partner.example/agent/x/planner'],
    ['spiffe://partner.example/planner', 'partner.example/planner'],
    ['owner:alice', 'owner:alice'],
    ['authority', 'authority'],
  ])('of %s is %s', (uri, name) => {
    expect(agentName(uri)).toBe(name)
  })

  it('is short for the shape that Writ gives alone', () => {
    expect(hasGivenShape('spiffe://partner.example/agent/planner')).toBe(true)
    expect(hasGivenShape('spiffe://partner.example/ns/agent/planner')).toBe(false)
  })
})
