import { usd } from '../../support/budgets.ts'
import { callFace, TOKENS } from '../calls.ts'
import { RESOURCE, SERVICE } from '../stage.ts'
import { wordOf } from './rest.ts'

/** An enforcement point without a store, which asks about a call of somebody else. */
export const REDEMPTION = callFace({
  ...TOKENS,
  name: 'REST redemption',
  async show({ point }, token, { as, path }) {
    const peer = { uri: as.uri, certificate_thumbprint: as.thumbprint }
    const request = { type: 'http', method: 'GET', target: SERVICE + path }
    const body = { token, audience: RESOURCE, request, peer, costs: [usd(1)] }
    return wordOf(await point.ask('POST', '/v1/tokens/redeem', { body }))
  },
  without: {
    'without a token': 'not expressible: without a token there is nothing to ask about',
  },
})
