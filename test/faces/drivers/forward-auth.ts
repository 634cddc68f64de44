import { callFace, TOKENS } from '../calls.ts'

const UNCOUNTED =
  'not expressible: a proxy states no costs, so that a budget is limit_unenforceable'

/** The question of a proxy such as nginx about a call of its client. */
export const FORWARD_AUTH = callFace({
  ...TOKENS,
  name: 'forward-auth',
  async show({ edge }, token, { as, path }) {
    const headers = {
      'x-original-method': 'GET',
      'x-original-uri': path,
      'x-original-host': 'service.example',
      'x-original-proto': 'https',
      'x-ssl-client-cert': encodeURIComponent(`${as.credential.cert.trim()}\n`),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    const { status, headers: told, json } = await edge.ask('GET', '/authz', { headers })
    if (status === 200) return 'allowed'
    return json.code === told['writ-refusal'] ? json.code : `${json.code} in the body alone`
  },
  without: { 'with no budget left': UNCOUNTED },
})
