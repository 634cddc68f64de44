import { describe, expect, it } from 'vitest'
import { parseScopeRequest } from '../../../src/domain/scope/parse.ts'
import { documentOf, rowsOf } from './tables.ts'

describe('parseScopeRequest refuses what stands beside the grants, at the first place that is wrong', () => {
  const refused = rowsOf(`
/grants | scope {} | missing
/grants | scope {"grants":null} | not a list
/grants | scope {"grants":{}} | not a list
/type | scope {"type":"urn:writ:scope:v2","grants":[]} | not one of urn:writ:scope:v1
/type | scope {"type":null,"grants":[]} | not one of urn:writ:scope:v1
/scope | beside {"scope":1} | no such member
/a~1b~0 | beside {"a/b~":1} | no such member
/__proto__ | beside {"__proto__":{}} | no such member
/audiences | beside {"audiences":[]} | an empty list is never meant
/audiences | beside {"audiences":null} | not a list
/audiences/0 | beside {"audiences":[""]} | an empty text
/audiences/0 | beside {"audiences":["a b"]} | not printable ASCII
/audiences/0 | beside {"audiences":["é"]} | not printable ASCII
/audiences/1 | beside {"audiences":["a","a"]} | is there twice
/grants/0 | scope {"grants":[null]} | not a grant
/grants/0 | scope {"grants":[[]]} | not a grant
/grants/1/type | scope {"grants":[{"type":"tool"},{"type":"shell"}]} | not http or tool
/limits | beside {"limits":null} | not an object
/limits/ttl | beside {"limits":{"ttl":1}} | no such member
/limits/ttl_seconds | beside {"limits":{"ttl_seconds":0}} | not between 1 and 14400
/limits/ttl_seconds | beside {"limits":{"ttl_seconds":14401}} | not between 1 and 14400
/limits/ttl_seconds | beside {"limits":{"ttl_seconds":null}} | not an integer
/limits/max_uses | beside {"limits":{"max_uses":0}} | not between 1 and 1000000000
/limits/max_uses | beside {"limits":{"max_uses":1000000001}} | not between 1 and 1000000000
/limits/max_uses | beside {"limits":{"max_uses":"any"}} | not an integer
/limits/max_depth | beside {"limits":{"max_depth":-1}} | not between 0 and 16
/limits/max_depth | beside {"limits":{"max_depth":17}} | not between 0 and 16
/limits/max_depth | beside {"limits":{"max_depth":true}} | not an integer
/limits/max_children | beside {"limits":{"max_children":1001}} | not between 0 and 1000
/limits/max_children | beside {"limits":{"max_children":-1}} | not between 0 and 1000
/limits/budgets | beside {"limits":{"budgets":{}}} | not a list
/limits/budgets/0 | beside {"limits":{"budgets":[5]}} | not an object
/limits/budgets/0/unit | beside {"limits":{"budgets":[{"decimals":0,"amount":1}]}} | missing
/limits/budgets/0/unit | beside {"limits":{"budgets":[{"unit":"€","decimals":0,"amount":1}]}} | not a unit
/limits/budgets/0/unit | beside {"limits":{"budgets":[{"unit":"uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu","decimals":0,"amount":1}]}} | not a unit
/limits/budgets/0/decimals | beside {"limits":{"budgets":[{"unit":"USD","decimals":19,"amount":1}]}} | not between 0 and 18
/limits/budgets/0/amount | beside {"limits":{"budgets":[{"unit":"USD","decimals":2,"amount":1000000000000000}]}} | not between 0 and 999999999999999
/limits/budgets/0/amount | beside {"limits":{"budgets":[{"unit":"USD","decimals":2}]}} | missing
/limits/budgets/0/amount | beside {"limits":{"budgets":[{"unit":"USD","decimals":2,"amount":0.5}]}} | not an integer
/limits/budgets/1 | beside {"limits":{"budgets":[{"unit":"USD","decimals":2,"amount":1},{"unit":"USD","decimals":0,"amount":1}]}} | the unit is there twice
/limits/rate | beside {"limits":{"rate":60}} | not an object
/limits/rate/requests | beside {"limits":{"rate":{"requests":0,"per_seconds":1}}} | not between 1 and 1000000000
/limits/rate/per_seconds | beside {"limits":{"rate":{"requests":1}}} | missing
/limits/rate/requests | beside {"limits":{"rate":{"per_seconds":1}}} | missing
/limits/rate/per_seconds | beside {"limits":{"rate":{"requests":1,"per_seconds":86401}}} | not between 1 and 86400
/requires/mfa | beside {"requires":{"mfa":true}} | no such member
/requires/approval | beside {"requires":{"approval":"no"}} | not true or false
/requires/dpop | beside {"requires":{"dpop":null}} | not true or false
/requires/bind_request | beside {"requires":{"bind_request":0}} | not true or false
/requires/read_only | beside {"requires":{"read_only":[]}} | not true or false
/requires/attestation_min | beside {"requires":{"attestation_min":"contraindicated"}} | not one of none, warning, affirming
/requires/attestation_max_age_seconds | beside {"requires":{"attestation_max_age_seconds":0}} | not between 1 and 31536000
/requires/attestation_max_age_seconds | beside {"requires":{"attestation_max_age_seconds":31536001}} | not between 1 and 31536000
/requires/attestation_max_age_seconds | beside {"requires":{"attestation_max_age_seconds":"unlimited"}} | not an integer
/delegation/allow | beside {"delegation":{"allow":true}} | no such member
/delegation/allowed | beside {"delegation":{"allowed":1}} | not true or false
/delegation/delegates | beside {"delegation":{"delegates":"*"}} | not a list
/delegation/delegates/0 | beside {"delegation":{"delegates":["*"]}} | not a SPIFFE id or prefix
/delegation/delegates/1 | beside {"delegation":{"delegates":["spiffe://a.example/x","spiffe://a.example/x"]}} | is there twice
`)
  it.each(refused)('%s | %s', (pointer = '', cell = '', detail = '') => {
    expect(parseScopeRequest(documentOf(cell))).toEqual({ ok: false, pointer, detail })
  })
})
