import { argumentWidenings, type Objection, objectionToJson } from './argument-map.ts'
import type { GrantRequest, ToolGrant, ToolRequestToJudge } from './types.ts'

type ToolGrantRequest = Extract<GrantRequest, { readonly type: 'tool' }>

/** Whether one grant covers a call of a tool: same server, same tool, admitted arguments. */
export function toolPermits(grant: ToolGrant, request: ToolRequestToJudge): boolean {
  return (
    grant.server === request.server &&
    grant.tool === request.tool &&
    objectionToJson(grant.arguments, request.arguments) === undefined
  )
}

/** Each dimension in which a grant does not cover a call; pointers into the request. */
export function toolObjections(
  grant: ToolGrant,
  request: ToolRequestToJudge,
): readonly Objection[] {
  const found: Objection[] = []
  if (grant.server !== request.server)
    found.push({ pointer: '/server', detail: 'is another server' })
  if (grant.tool !== request.tool) found.push({ pointer: '/tool', detail: 'is another tool' })
  const objection = objectionToJson(grant.arguments, request.arguments)
  if (objection !== undefined) found.push(inArguments(objection))
  return found
}

/** Where a child grant is wider than a parent's; names are exact texts, never folded. */
export function toolWidenings(child: ToolGrantRequest, parent: ToolGrant): readonly Objection[] {
  const found: Objection[] = []
  if (child.server !== undefined && child.server !== parent.server) {
    found.push({ pointer: '/server', detail: 'is not the server of the parent' })
  }
  if (child.tool !== undefined && child.tool !== parent.tool) {
    found.push({ pointer: '/tool', detail: 'is not the tool of the parent' })
  }
  const map = child.arguments
  return map === undefined
    ? found
    : [...found, ...argumentWidenings(map, parent.arguments).map(inArguments)]
}

function inArguments(objection: Objection): Objection {
  return { pointer: `/arguments${objection.pointer}`, detail: objection.detail }
}
