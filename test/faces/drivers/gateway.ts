import { Agent } from 'undici'
import { newProver } from '../../support/dpop.ts'
import type { Peer } from '../../support/http.ts'
import { forged } from '../asks.ts'
import { callFace, callToken, delegationToken, type More, TOKENS } from '../calls.ts'
import type { Stage } from '../stage.ts'

/** The word of an answer through a gateway, whose own refusals say so in a header. */
export async function through(
  url: string,
  headers: Readonly<Record<string, string>>,
  connect: object = {},
): Promise<string> {
  const dispatcher = new Agent({ connect })
  const { host, origin, pathname } = splitUrl(url)
  const answer = await dispatcher.request({
    origin,
    // As it is spelled: a URL would be put in order first.
    path: pathname,
    method: 'GET',
    headers: { host, ...headers },
  })
  const text = await answer.body.text()
  await dispatcher.destroy()
  const told = answer.headers['writ-refusal']
  if (told === undefined) return answer.statusCode === 200 ? 'allowed' : String(answer.statusCode)
  const { code } = JSON.parse(text)
  return code === told ? code : `${code} or ${told}`
}

function splitUrl(url: string) {
  const [, origin = '', host = '', pathname = ''] = /^(https?:\/\/([^/]+))(.*)$/.exec(url) ?? []
  return { origin, host, pathname }
}

const tlsOf = ({ site }: Stage, { credential }: Pick<Peer, 'credential'>) => ({
  ca: site.rootPem,
  ...credential,
})
const bearer = (token: string | undefined): Readonly<Record<string, string>> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

/** A call token over mutual TLS. */
export const GATEWAY = callFace({
  ...TOKENS,
  name: 'the gateway',
  show: (stage, token, { as, path }) =>
    through(`${stage.gateway}/up${path}`, bearer(token), tlsOf(stage, as)),
})

const prover = newProver()
const thief = newProver()

/** A call token that is bound to a key, which each call proves (RFC 9449). */
export const PROVEN = callFace({
  name: 'the gateway by DPoP',
  async take(stage: Stage, holder: Peer, lease: string, more: More) {
    const url = `https://127.0.0.1:${stage.site.agentsPort}/v1/tokens`
    const dpop = prover.prove({ method: 'POST', url })
    return callToken(stage, holder, lease, { ...more, bind: 'key' } as More, { dpop })
  },
  forge: forged,
  otherKind: delegationToken,
  async show(stage, token, { as, path }) {
    const url = `${stage.proven}/up${path}`
    const ca = stage.site.rootPem
    if (token === undefined) return through(url, {}, { ca })
    const key = as === stage.other ? thief : prover
    const dpop = key.prove({ method: 'GET', url, token })
    return through(url, { authorization: `DPoP ${token}`, dpop }, { ca })
  },
})

/** A handle, which stands for its lease and is shown as it is. */
export const HANDLES = callFace({
  name: 'handles',
  async take(_stage: Stage, holder: Peer, lease: string, more: More) {
    const body = { lease_id: lease, label: 'a test', ttl_seconds: more.ttl_seconds ?? 60 }
    const seen = await holder.ask('POST', '/v1/handles', { body })
    if (seen.status !== 201) throw new Error(seen.text)
    return seen.json.handle as string
  },
  show: (stage, handle, { path }) => through(`${stage.handles}/proxy/up${path}`, bearer(handle)),
  without: {
    'with a token that is forged':
      'not expressible: a handle has no signature; one that is not known is unauthenticated',
    'with a token of another kind':
      'not expressible: what is no handle is not known here, whatever it is',
    'with the token of another': 'not expressible: whoever shows a handle is its bearer',
    'with a token twice': 'not expressible: a handle is for many calls',
    'without the yes that a policy asks for':
      'not expressible: a yes is for one request, and a handle names none: request_mismatch',
  },
})
