import type { Json } from '../domain/scope/types.ts'
import { isLoopbackAddress } from '../listener/loopback.ts'
import type { Log } from '../log.ts'
import type { SessionExtension } from '../mcp/extension.ts'
import type { CrpSettings } from '../rpc/crp/asked.ts'
import { crpCapability } from '../rpc/crp/capability.ts'
import { crpMethods } from '../rpc/crp/methods.ts'

/**
 * CRP-22: the methods of CRP inside sessions of MCP, advertised as `experimental.crp`. Sessions of
 * MCP keep nothing here, so that each method says the version it belongs to.
 */
export function crpInSessions(settings: CrpSettings, log: Log): SessionExtension {
  const { names, call } = crpMethods(settings, log)
  return {
    name: 'crp',
    methods: names,
    capability: ({ serving }) => ({ ...crpCapability(serving.world) }),
    answer: ({ serving, caller, address }, method, params) =>
      call({
        ...{ world: serving.world, caller, method, said: undefined },
        params: params as Json,
        local: isLoopbackAddress(address),
      }),
  }
}
