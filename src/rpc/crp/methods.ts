import { isArray } from '../../domain/json.ts'
import { type Refusal, refuse } from '../../domain/refusal.ts'
import type { Result } from '../../domain/result.ts'
import type { Json } from '../../domain/scope/types.ts'
import { codeOfFault } from '../../listener/faults.ts'
import type { Log } from '../../log.ts'
import { actorOf } from '../../usecases/caller.ts'
import {
  callMethod,
  methodTable,
  type RpcFace,
  type RpcMethod,
  type RpcOutcome,
} from '../envelope.ts'
import type { CrpAsked, CrpSettings } from './asked.ts'
import { isEnabled } from './capability.ts'
import { delegate, token } from './delegate.ts'
import { crpError } from './errors.ts'
import { crpEventOf } from './events.ts'
import { leaseMethod, revoke } from './leases.ts'
import { list } from './list.ts'
import { resolve } from './resolve.ts'
import { use } from './use.ts'
import { type CrpVersion, negotiate } from './version.ts'

/** The version a method belongs to; absent: to both. No method of one is there in the other. */
const ONLY_IN: Readonly<Record<string, CrpVersion>> = {
  'crp/resolve': '0.1',
  'crp/use': '0.2',
  'crp/delegate': '0.2',
  'x-crp/token': '0.2',
}

/** The methods of CRP, for whatever transport brings calls. */
export function crpFace(
  settings: CrpSettings,
  log: Log,
  again?: NonNullable<RpcFace<CrpAsked>['again']>,
): RpcFace<CrpAsked> {
  const methods = [use, list(settings), leaseMethod, revoke, delegate, token, resolve]
  return {
    methods: methodTable(methods.map((method) => told(guarded(method), log))),
    tell: (refusal, _asked, call) => crpError(refusal, call),
    fault: (error, { caller }) => {
      log.fault('http.fault', error, { request_id: caller.request, route: '/crp' })
      return refuse(codeOfFault(error)).refusal
    },
    ...(again === undefined ? {} : { again }),
  }
}

/** One call from a session of another protocol, such as MCP. */
export interface CrpCall extends Omit<CrpAsked, 'version'> {
  readonly method: string
  readonly params: Json
  /** The version its client said when the session began; undefined: it said none. */
  readonly said: string | undefined
}

/**
 * The methods of CRP for sessions of another protocol (CRP-22): whoever serves the session proves
 * the caller and reads the parameters; the answer is a result or an error of CRP.
 */
export function crpMethods(settings: CrpSettings, log: Log) {
  const face = crpFace(settings, log)
  return {
    names: [...face.methods.keys()],
    async call({ method, params, said, ...from }: CrpCall): Promise<RpcOutcome> {
      const version = said === undefined ? undefined : negotiate(said)
      if (version?.ok === false) {
        return { ok: false, error: crpError(version.refusal, { method, params }) }
      }
      return await callMethod(face, { ...from, version: version?.value }, method, params)
    },
  }
}

/** CRP-34: a method that is known and not there: of the other version, or switched off. */
function guarded(method: RpcMethod<CrpAsked>): RpcMethod<CrpAsked> {
  const only = ONLY_IN[method.name]
  return {
    name: method.name,
    async run(asked, params): Promise<Result<unknown>> {
      const { version, world } = asked
      if (only !== undefined && version !== undefined && version !== only) {
        const detail = `This method is one of CRP ${only}; ${version} was negotiated.`
        const reason = { pointer: '', code: 'version', detail }
        return refuse('method_not_allowed', { version }, [reason])
      }
      if (!isEnabled(world, method.name)) {
        return refuse('method_not_allowed', { method: method.name })
      }
      return await method.run(asked, params)
    },
  }
}

/** CRPX-16: one line of the log for each call, in the words of CRP, without anything secret. */
function told(method: RpcMethod<CrpAsked>, log: Log): RpcMethod<CrpAsked> {
  return {
    name: method.name,
    async run(asked, params) {
      const result = await method.run(asked, params)
      const refusal = result.ok ? undefined : result.refusal
      const event = crpEventOf(method.name, member(params, 'action'), refusal?.code)
      if (event !== undefined) log.info('crp.event', lineOf(event, asked, params, refusal))
      return result
    },
  }
}

function lineOf(
  event: string,
  { caller }: CrpAsked,
  params: Json,
  refusal: Refusal | undefined,
): Readonly<Record<string, string | undefined>> {
  const service = member(params, 'service')
  const lease = member(params, 'leaseId')
  return {
    crp_event: event,
    consumer: actorOf(caller),
    service: refusal === undefined && typeof service === 'string' ? service : undefined,
    lease: refusal === undefined && typeof lease === 'string' ? lease : undefined,
    outcome: refusal?.code ?? 'allowed',
    request_id: caller.request,
  }
}

function member(params: Json, name: string): Json | undefined {
  return params === null || typeof params !== 'object' || isArray(params) ? undefined : params[name]
}
