import type { LeashTool } from './tool.ts'
import { checkStatus } from './tools/check-status.ts'
import { connectionInfo } from './tools/connection-info.ts'
import { executeAction } from './tools/execute-action.ts'
import { listAvailable } from './tools/list-available.ts'
import { requestSecret } from './tools/request-secret.ts'

const FIVE: readonly LeashTool[] = [
  requestSecret,
  executeAction,
  checkStatus,
  listAvailable,
  connectionInfo,
]

/**
 * The tools of LEASH by name, in both spellings: `leash/x` is that of the paper, `leash.x` is for
 * hosts whose names of tools may have no slash (SEP-986).
 */
export const TOOLS: ReadonlyMap<string, LeashTool> = new Map(
  ['leash/', 'leash.'].flatMap((prefix) =>
    FIVE.map((tool) => [`${prefix}${tool.name}`, tool] as const),
  ),
)
