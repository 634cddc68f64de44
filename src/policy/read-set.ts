import { createHash } from 'node:crypto'
import { parse, TomlError } from 'smol-toml'
import { POLICY_NESTING_MAX, POLICY_PROBLEMS_MAX, POLICY_RULES_MAX } from '../domain/limits.ts'
import { isRecord, takeIn } from '../domain/scope/intake.ts'
import { readRule } from './read-rule.ts'
import type { Problem, Rule } from './rule.ts'
import { PolicySet } from './set.ts'
import { lineOf, linesOf } from './toml-lines.ts'

/** One policy file as it was found. */
export interface PolicyText {
  readonly name: string
  readonly text: string
}

/** A set, or everything that is wrong with it: half a set is never in force. */
export type ReadSet =
  | { readonly ok: true; readonly set: PolicySet }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Reads a set from the texts of its files, in any order. Refused as a whole when anything in it is:
 * a file that is not TOML 1.0, a member nobody reads, two rules of one name, a rule that can never
 * apply, no rule at all.
 */
export function readPolicySet(files: readonly PolicyText[]): ReadSet {
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const rules: Rule[] = []
  const problems: Problem[] = []
  for (const file of sorted) {
    const found = readFile(file)
    rules.push(...found.rules)
    problems.push(...found.problems)
  }
  if (sorted.length === 0) {
    problems.push({ file: '', line: 1, reason: 'there is no file whose name ends in .toml' })
  }
  if (rules.length > POLICY_RULES_MAX) {
    problems.push({ file: '', line: 1, reason: `there are more than ${POLICY_RULES_MAX} rules` })
  }
  problems.push(...sameNames(rules), ...neverApplied(rules))
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, POLICY_PROBLEMS_MAX) }
  return { ok: true, set: new PolicySet(rules, versionOf(sorted)) }
}

function readFile({ name, text }: PolicyText): {
  readonly rules: readonly Rule[]
  readonly problems: readonly Problem[]
} {
  const no = (line: number, reason: string) => ({
    rules: [],
    problems: [{ file: name, line, reason }],
  })
  let document: Record<string, unknown>
  try {
    document = parse(text, { unsafeKeyBehaviour: 'throw', maxDepth: POLICY_NESTING_MAX })
  } catch (error) {
    if (error instanceof TomlError) return no(error.line, 'this is not TOML')
    return no(1, 'this is nested too deeply, or no TOML at all')
  }
  const lines = linesOf(text)
  const surplus = Object.keys(document).find((key) => key !== 'policy')
  if (surplus !== undefined) return no(lineOf(lines, `/${surplus}`), `nobody reads ${surplus}`)
  const { policy: tables } = document
  if (!Array.isArray(tables) || tables.length === 0 || !tables.every(isRecord)) {
    return no(lineOf(lines, '/policy'), 'a file is a list of [[policy]] tables')
  }
  const rules: Rule[] = []
  const problems: Problem[] = []
  for (const [index, table] of tables.entries()) {
    const read = takeIn(table, false, readRule)
    const pointer = `/policy/${index}`
    if (read.ok) {
      rules.push({ ...read.value, place: { file: name, line: lineOf(lines, pointer) } })
    } else {
      const member = read.pointer.slice(1).replaceAll('/', '.')
      const reason = member === '' ? read.detail : `${member}: ${read.detail}`
      problems.push({ file: name, line: lineOf(lines, `${pointer}${read.pointer}`), reason })
    }
  }
  return { rules, problems }
}

function sameNames(rules: readonly Rule[]): readonly Problem[] {
  const first = new Map<string, Rule>()
  const found: Problem[] = []
  for (const rule of rules) {
    const other = first.get(rule.name)
    if (other === undefined) first.set(rule.name, rule)
    else {
      const { file, line } = other.place
      const reason = `the name ${rule.name} is taken by the rule at ${file}:${line}`
      found.push({ ...rule.place, reason })
    }
  }
  return found
}

/** A rule that allows where another denies under the very same conditions says nothing. */
function neverApplied(rules: readonly Rule[]): readonly Problem[] {
  const denying = new Map<string, Rule>()
  for (const rule of rules) {
    if (rule.mode !== 'deny' || rule.match.request !== undefined) continue
    denying.set(JSON.stringify(rule.match), rule)
  }
  return rules.flatMap((rule) => {
    const other = rule.mode === 'deny' ? undefined : denying.get(JSON.stringify(rule.match))
    if (other === undefined) return []
    const { file, line } = other.place
    const reason = `never applies: ${other.name} at ${file}:${line} denies the same`
    return [{ ...rule.place, reason }]
  })
}

function versionOf(files: readonly PolicyText[]): string {
  const hash = createHash('sha256')
  for (const { name, text } of files) hash.update(JSON.stringify([name, text]))
  return hash.digest('base64url')
}
