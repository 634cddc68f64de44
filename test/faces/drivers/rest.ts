import type { Seen } from '../../support/http.ts'
import { type Asking, askFace } from '../asks.ts'
import { RESOURCE } from '../stage.ts'

/** The word of an answer of the REST face; 202 is a question that a person has to answer first. */
export function wordOf({ status, json }: Pick<Seen, 'status' | 'json'>): string {
  if (status === 202) return 'approval_required'
  return status < 300 ? 'allowed' : String(json?.code)
}

const rest: Asking = {
  name: 'REST',
  async open(_stage, as, scope) {
    return wordOf(await as.ask('POST', '/v1/leases', { body: { scope } }))
  },
  async take(_stage, as, lease, audience) {
    return wordOf(await as.ask('POST', '/v1/tokens', { body: { lease_id: lease, audience } }))
  },
  async delegate(_stage, as, lease, to, scope) {
    const body = { lease_id: lease, delegate: to.uri, scope }
    return wordOf(await as.ask('POST', '/v1/delegations', { body }))
  },
  async redeem(_stage, as, token) {
    return wordOf(await as.ask('POST', '/v1/delegations/redeem', { body: { token } }))
  },
  async raw(_stage, as, { method, body, type = 'application/json' }) {
    const sent = body === undefined ? {} : { raw: body, headers: { 'content-type': type } }
    return wordOf(await as.ask(method, '/v1/tokens', sent))
  },
  without: {
    'with a delegation for elsewhere, which stays whole':
      'not expressible: a delegation is redeemed for whatever it is for',
  },
  twice: `{"lease_id":"x","audience":"${RESOURCE}","audience":"${RESOURCE}"}`,
}

export const REST = askFace(rest)
