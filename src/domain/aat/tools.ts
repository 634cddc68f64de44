import { AAT_CLAUSES_MAX, AAT_TOOL_CHARACTERS_MAX, AAT_TOOLS_MAX } from '../limits.ts'
import { argumentWidenings } from '../scope/argument-map.ts'
import { isRecord, takeIn } from '../scope/intake.ts'
import { argumentMapOf } from '../scope/parse-constraint.ts'
import { mapProves } from '../scope/prove-arguments.ts'
import type { ArgumentConstraint, ArgumentMap } from '../scope/types.ts'
import type { AatTools } from './link.ts'

/** What is wrong with a map of tools: its own shape, or a constraint in it. */
export type ToolsFault = 'tools' | 'constraints'

/** In a chain an empty map means any arguments, where a scope of ours means none. */
const ANY_ARGUMENTS: ArgumentMap = { '*': { constraint_type: 'wildcard' } }

const readArguments = argumentMapOf('json')

/**
 * The tools of a link (AAT §3.3, §3.4): constraints of the nine types alone, well-formed, and few
 * and flat enough to be compared. A type nobody here knows is a restriction that can not be held,
 * so it is a fault, on whatever tool it stands.
 */
export function readAatTools(value: unknown): AatTools | ToolsFault {
  if (!isRecord(value)) return 'tools'
  const entries = Object.entries(value)
  if (entries.length > AAT_TOOLS_MAX) return 'tools'
  const named = entries.every(([tool, map]) => isToolName(tool) && isRecord(map))
  if (!named) return 'tools'
  const tools = new Map<string, ArgumentMap>()
  for (const [tool, written] of entries) {
    const map = takeIn(written, false, readArguments)
    if (!map.ok) return 'constraints'
    const constraints = Object.values(map.value)
    if (constraints.some((constraint) => clausesIn(constraint) > AAT_CLAUSES_MAX)) {
      return 'constraints'
    }
    tools.set(tool, constraints.length === 0 ? ANY_ARGUMENTS : map.value)
  }
  return tools
}

function isToolName(text: string): boolean {
  return text !== '' && text.length <= AAT_TOOL_CHARACTERS_MAX
}

function clausesIn(constraint: ArgumentConstraint): number {
  const { constraint_type: type } = constraint
  if (type !== 'all' && type !== 'any') return 1
  return constraint.constraints.reduce((sum, clause) => sum + clausesIn(clause), 1)
}

/**
 * I4 between two links (AAT §4.5, steps 4p1 to 4p4): which step the child breaks, or undefined when
 * it asks for no more than its parent. Two checkers that share nothing have to agree.
 */
export function stepWidened(child: AatTools, parent: AatTools): '4p1' | '4p2-4' | undefined {
  for (const [tool, map] of child) {
    const above = parent.get(tool)
    if (above === undefined) return '4p1'
    if (!isWithin(map, above)) return '4p2-4'
  }
  return undefined
}

/** Whether one map of arguments admits no more than another, by both checkers. */
export function isWithin(child: ArgumentMap, parent: ArgumentMap): boolean {
  return argumentWidenings(child, parent).length === 0 && mapProves(child, parent)
}
