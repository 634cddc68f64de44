import type { Command } from 'commander'
import { checkPermits, checkScope } from '../../domain/scope/verdict.ts'
import { malformed, readJsonArgument } from '../input.ts'
import { EXIT, usage } from '../outcome.ts'
import { readSettings } from '../settings.ts'

/** `writ scope`: the verdicts over scopes, computed here without a server. */
export function registerScope(scope: Command): void {
  scope.option('--batch', 'JSON Lines on stdin, one verdict line each on stdout')
  scope
    .command('check [child] [parent]')
    .description('whether a child scope is within a parent; a file, - or inline JSON each')
    .action((child, parent, _options, command) => judge(command, checkScope, child, parent))
  scope
    .command('permits [scope] [request]')
    .description('whether a scope permits a request; a file, - or inline JSON each')
    .action((held, request, _options, command) => judge(command, checkPermits, held, request))
  scope.action((_options, command) => judge(command, undefined, undefined, undefined))
}

type Judgement = ReturnType<typeof checkScope> | ReturnType<typeof checkPermits>
type Judge = (left: unknown, right: unknown) => Judgement

async function judge(
  command: Command,
  decide: Judge | undefined,
  left: string | undefined,
  right: string | undefined,
): Promise<void> {
  if (command.optsWithGlobals<{ readonly batch?: true }>().batch === true) {
    if (left !== undefined) throw usage('With --batch the documents come on stdin.')
    const { judgeLines } = await import('../scope-batch.ts')
    return judgeLines(process.stdin, readSettings(command).output)
  }
  if (decide === undefined || left === undefined || right === undefined) {
    throw usage('Give two documents (writ scope check CHILD PARENT), or --batch.')
  }
  if (left === '-' && right === '-') throw usage('Only one of the two can come from stdin.')
  const verdict = decide(await readJsonArgument(left), await readJsonArgument(right))
  if ('error' in verdict) throw malformed(verdict.pointer, verdict.detail)
  const { output } = readSettings(command)
  await output.result(verdict, () => verdictText(verdict))
  if (!isYes(verdict)) process.exitCode = EXIT.denied
}

type Verdict = Exclude<Judgement, { readonly error: unknown }>

function isYes(verdict: Verdict): boolean {
  return 'within' in verdict ? verdict.within : verdict.permitted
}

function verdictText(verdict: Verdict): string {
  if ('within' in verdict && verdict.within) {
    const pairs = verdict.witnesses.map((parent, child) => `${child} by ${parent}`)
    return `within: the parent covers every grant (${pairs.join(', ') || 'there are none'})`
  }
  if ('permitted' in verdict && verdict.permitted) return `permitted by grant ${verdict.grant}`
  const head = 'within' in verdict ? 'not within:' : `not permitted (${verdict.code}):`
  const reasons = verdict.reasons.map(({ pointer, detail }) => `  ${pointer}  ${detail}`)
  return [head, ...reasons].join('\n')
}
