import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { drawConnectionId } from '../../usecases/cdp/cdp-gate.ts'
import { registerSession } from '../../usecases/cdp/register-session.ts'
import { requireFresh } from '../../usecases/cdp/require-fresh.ts'
import { type RpcMethod, rpcMethod } from '../envelope.ts'
import type { CdpAsked } from './asked.ts'
import { momentOf, type Registration, registerParams } from './params.ts'

/**
 * `cdp.register`: who is there is proven by the connection or by what comes along, never by what
 * the agent calls itself; then the request has to be of now and new. Answers a session token.
 */
export const register: RpcMethod<CdpAsked> = rpcMethod({
  name: 'cdp.register',
  params: registerParams,
  run: async (asked: CdpAsked, params): Promise<Result<unknown>> => {
    const { world, gate, end } = asked
    const timestamp = momentOf(params)
    if (timestamp === undefined) return noTime()
    const taken = requireTakenKind(end.transport, params)
    if (!taken.ok) return taken
    const caller = await end.prove(params)
    if (!caller.ok) return caller
    const fresh = await requireFresh(world, caller.value, { nonce: params.nonce, timestamp })
    if (!fresh.ok) return fresh
    const { agent_id: agentId, agent_version: agentVersion } = params
    const { transport, address } = end
    const said = { agentId, agentVersion, transport, address }
    const print = await registerSession(world, caller.value, said)
    if (!print.ok) return print
    end.registered(caller.value)
    const { bytes } = print.value
    return accept({
      status: 'registered',
      agent_fingerprint: `sha256:${bytes.toString('hex')}`,
      session_token: gate.sessionToken(bytes, end.connection ?? drawConnectionId()),
      capabilities_granted: granted(asked, params),
    })
  },
})

/** What this gate can do of what the agent names; all of it when it names nothing. */
function granted({ gate }: CdpAsked, { capabilities }: Registration): readonly string[] {
  const ours = gate.proxy === undefined ? ['token'] : ['http_proxy', 'token']
  return capabilities.length === 0 ? ours : ours.filter((one) => capabilities.includes(one))
}

/**
 * CDPX-25: over TLS the certificate is the evidence, and `none` is refused. Evidence of other kinds
 * is appraised at `/v1/agents/self/attestation`, for enclaves there is no verifier: both
 * `attestation_failed` here.
 */
function requireTakenKind(
  transport: 'remote' | 'local',
  { attestation }: Registration,
): Result<void> {
  const type = attestation?.type
  const known = transport === 'remote' ? [undefined, 'mtls'] : [undefined, 'none', 'key']
  if (known.includes(type)) return accept(undefined)
  const detail = `Evidence of the type ${type} is not taken at this end.`
  return refuse('attestation_failed', { type: type ?? null, transport }, [
    { pointer: '/attestation/type', code: 'attestation_failed', detail },
  ])
}

function noTime(): Result<never> {
  const detail = 'A time as in RFC 3339.'
  return refuse('malformed', {}, [{ pointer: '/timestamp', code: 'malformed', detail }])
}
