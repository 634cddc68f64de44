import { detailsOf, EXCHANGE, form, LEASE, DELEGATION as TOKEN } from '../../support/oauth.ts'
import { type As, askFace } from '../asks.ts'
import { RESOURCE } from '../stage.ts'
import { wordOf } from './rest.ts'

const PATH = '/oauth2/token'

async function exchange(as: As, type: string, token: string, resource = RESOURCE) {
  const subject = { subject_token: token, subject_token_type: type }
  return wordOf(await form(as, PATH, { grant_type: EXCHANGE, resource, ...subject }))
}

/** The token endpoint; what it takes is a form, in which a parameter may stand twice. */
export const OAUTH = askFace({
  name: 'OAuth',
  async open(_stage, as, scope) {
    const details = detailsOf(scope)
    const grant = { grant_type: 'client_credentials', authorization_details: details }
    return wordOf(await form(as, PATH, { ...grant, resource: RESOURCE }))
  },
  take: (_stage, as, lease, audience) => exchange(as, LEASE, lease, audience),
  redeem: (_stage, as, token) => exchange(as, TOKEN, token),
  async raw(_stage, as, { method, body, type = 'application/x-www-form-urlencoded' }) {
    const sent = body === undefined ? {} : { raw: body, headers: { 'content-type': type } }
    return wordOf(await as.ask(method, PATH, sent))
  },
  twice: `grant_type=client_credentials&resource=${RESOURCE}&resource=${RESOURCE}`,
  without: {
    'to pass on more than it has': 'not expressible: OAuth makes no delegations',
    'to pass on what may not be passed on': 'not expressible: OAuth makes no delegations',
    'to pass it on to whom it may not go': 'not expressible: OAuth makes no delegations',
    'to pass it on deeper than allowed': 'not expressible: OAuth makes no delegations',
  },
})
