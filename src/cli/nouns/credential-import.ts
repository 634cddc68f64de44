import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { DEFAULT_ENVIRONMENT } from '../../domain/credential.ts'
import { isOrigin } from '../../domain/credential-checks.ts'
import { addConfirmOption, type ConfirmOption, confirm } from '../confirm.ts'
import { readDotenv } from '../import/dotenv.ts'
import { nextLines, routeLines } from '../import/next-lines.ts'
import { type ImportChoices, type ImportPlan, planImport } from '../import/plan.ts'
import { openImportDesk } from '../import/store.ts'
import { gathered } from '../options.ts'
import { EXIT, usage } from '../outcome.ts'
import { readSettings } from '../settings.ts'
import { table } from '../table.ts'

interface ImportOptions extends ImportChoices, ConfirmOption {
  readonly dryRun?: true
}

type State = 'planned' | 'stored' | 'there'

/** `writ credential import`: what lies in a dotenv file goes into the vault. */
export function registerCredentialImport(credential: Command): void {
  const command = credential
    .command('import <file>')
    .description('put the secrets of a .env file in, each variable a credential')
    .option('--only <names>', 'these variables and no others, commas between')
    .option(
      '--origin <pair>',
      'VARIABLE=ORIGIN: where it may be sent; may be given again',
      gathered,
    )
    .option('--as <pair>', 'VARIABLE=NAME of its credential; may be given again', gathered)
    .option('--kind <pair>', 'VARIABLE=KIND, see writ help credential add', gathered)
    .option('--placement <pair>', 'VARIABLE=PLACEMENT, see writ help credential add', gathered)
    .option('--environment <word>', 'production unless said')
    .option('--owner <name>', 'a principal whose own they are; shared unless said')
    .option('--dry-run', 'show what would be stored, here without a server')
  addConfirmOption(command).action(importFile)
}

async function importFile(file: string, options: ImportOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const { dryRun = false, yes = false, environment, owner } = options
  const { variables, doubtful } = await readDotenv(file)
  const asks = !yes && !dryRun && process.stdin.isTTY === true && process.stderr.isTTY === true
  const plan = await planImport(variables, options, asks ? askOrigin : undefined, dryRun)
  const cut = plan.secrets.find(({ variable }) => doubtful.has(variable))?.variable
  if (cut !== undefined) {
    throw usage(`Put the value of ${cut} into quotes: readers differ about the # in it.`)
  }
  const tell = async (states: ReadonlyMap<string, State>) => {
    const fresh = plan.secrets.filter(({ name }) => states.get(name) !== 'there')
    const document = {
      environment: environment ?? DEFAULT_ENVIRONMENT,
      secrets: plan.secrets.map((one) => ({ ...one, state: states.get(one.name) })),
      left: plan.left,
      routes: routeLines(fresh, environment).join('\n\n'),
    }
    const next = dryRun ? [] : nextLines(file, fresh, environment)
    await output.result(document, () => [planText(plan, states), ...next].join('\n'))
  }
  if (dryRun || plan.secrets.length === 0) return tell(statesOf(plan, 'planned'))
  const desk = openImportDesk(settings.bearer(), { environment, owner })
  try {
    const there = await desk.present(plan.secrets)
    const fresh = plan.secrets.filter(({ name }) => !there.has(name))
    const states = statesOf(plan, 'stored', new Set(there.keys()))
    if (fresh.length > 0) {
      if (!yes) output.note(planText(plan, statesOf(plan, 'planned', new Set(there.keys()))))
      await confirm(`Store ${fresh.map(({ name }) => name).join(' ')}?`, yes)
      await desk.store(fresh, (variable) => variables.get(variable) ?? '')
    }
    await tell(states)
  } finally {
    await desk.close()
  }
}

function statesOf(
  plan: ImportPlan,
  fresh: State,
  there: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, State> {
  return new Map(plan.secrets.map(({ name }) => [name, there.has(name) ? 'there' : fresh]))
}

const WORDS: Readonly<Record<State, string>> = {
  planned: 'would be stored',
  stored: 'stored',
  there: 'there already, left as it is',
}

function planText(plan: ImportPlan, states: ReadonlyMap<string, State>): string {
  const rows = plan.secrets.map(({ variable, name, kind, placement, origins, because }) => [
    ...[variable, name, WORDS[states.get(name) ?? 'planned'], because, kind],
    ...['name' in placement ? placement.name : placement.in, origins.join(' ') || 'nowhere'],
  ])
  const heads = ['VARIABLE', 'CREDENTIAL', 'STATE', 'BECAUSE', 'KIND', 'PLACED IN', 'SENT TO']
  const left = plan.left.map(({ variable, because }) => [variable, because])
  return [
    rows.length === 0 ? 'No variable looks like a secret.' : table(heads, rows),
    ...(left.length === 0 ? [] : ['', table(['LEFT ALONE', 'BECAUSE'], left)]),
  ].join('\n')
}

/** Asks on the terminal; what was found in the file is offered, nothing leaves the variable. */
async function askOrigin(variable: string, hint: string | undefined): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  terminal.once('SIGINT', () => process.exit(EXIT.interrupted))
  const offer = hint === undefined ? 'nothing leaves it out' : `- leaves it out [${hint}]`
  try {
    for (;;) {
      const said = await terminal.question(`Where may ${variable} be sent? https://…, ${offer} `)
      const answer = said.trim() === '' ? hint : said.trim()
      if (answer === undefined || answer === '-') return undefined
      if (isOrigin(answer)) return answer
      process.stderr.write('Scheme, host and port alone, such as https://api.example.com.\n')
    }
  } finally {
    terminal.close()
  }
}
