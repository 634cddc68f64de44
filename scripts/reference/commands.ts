import type { Command, Option } from 'commander'
import { EXAMPLES } from '../../src/cli/examples.ts'
import { EXIT } from '../../src/cli/outcome.ts'
import { buildWholeProgram } from '../../src/cli/program.ts'
import { SHORT_FLAGS } from '../../src/cli/serving/server-config.ts'
import { flagOf, SETTING_NAMES } from '../../src/settings/config.ts'
import { code, page, table } from './markdown.ts'

const EXIT_MEANS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done',
  failure:
    'something broke or could not be reached; the same again later may help. Of `doctor` and `scan`: they found something',
  usage: 'the command was called wrongly, or the request is not in the form it has to have',
  denied: 'refused: the word stands in the message, and in `code` with `--json`',
  notFound: 'there is nothing of that name for who asks',
  interrupted: 'ended by SIGINT',
}

const ABOUT = `\`writ <noun> <verb>\`. Results go to stdout and everything else to stderr; with \`--json\`
stdout gets one JSON document, for a refusal its problem.`

/** docs/reference/commands.md: every command with its arguments and options. */
export async function commandsPage(): Promise<string> {
  const program = await buildWholeProgram({ examples: false })
  const exits = Object.entries(EXIT).map(([name, status]) => {
    return [String(status), EXIT_MEANS[name as keyof typeof EXIT]]
  })
  return page(
    'Commands',
    'src/cli',
    ABOUT,
    '## For every command',
    optionTable(program.options),
    block(moreHelp(program)),
    '## Exit status',
    `${table(['status', 'means'], exits)}\n\nWhich refusal is which status is told with the [refusals](refusals.md).`,
    ...program.commands.flatMap((command) => partsOf(command, '##')),
  )
}

function partsOf(command: Command, level: string): readonly string[] {
  const verbs = command.commands.flatMap((verb) => partsOf(verb, `${level}#`))
  const runs = command.commands.length === 0 || command.registeredArguments.length > 0
  const title = `${level} ${pathOf(command)}`
  const hasSettings = command.options.some(({ long }) => long === '--config')
  const own = command.options.filter((option) => !(hasSettings && isSetting(option)))
  const usage = runs ? [code(`${pathOf(command)} ${usageOf(command)}`.trim())] : []
  const settings = hasSettings ? ['Takes a flag for each of the [settings](settings.md).'] : []
  const takes = [...argumentRows(command), ...own.map(optionRow)]
  return [
    title,
    sentence(command.description()),
    ...usage,
    ...settings,
    ...exampleOf(command),
    ...(takes.length === 0 ? [] : [table(['takes', 'what it is', 'default'], takes)]),
    ...(moreHelp(command) === '' ? [] : [block(moreHelp(command))]),
    ...verbs,
  ]
}

function exampleOf(command: Command): readonly string[] {
  const example = EXAMPLES[pathOf(command).replace(/^writ /, '')]
  return example === undefined ? [] : [`Example: ${code(example)}`]
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

function usageOf(command: Command): string {
  const named = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  const needed = command.options.filter(({ mandatory }) => mandatory).map(({ flags }) => flags)
  return [...named, ...needed].join(' ')
}

function argumentRows(command: Command): readonly string[][] {
  return command.registeredArguments
    .filter(({ description }) => description !== '')
    .map((argument) => [code(argument.name()), argument.description, ''])
}

function optionTable(options: readonly Option[]): string {
  return table(['takes', 'what it is', 'default'], options.map(optionRow))
}

function optionRow(option: Option): string[] {
  const needed = option.mandatory ? ' (has to be given)' : ''
  const { defaultValue, description } = option
  const fallback = defaultValue === undefined ? '' : code(String(defaultValue))
  return [code(option.flags), `${description}${needed}`, fallback]
}

const SETTING_FLAGS = new Set([
  ...SETTING_NAMES.map(flagOf),
  ...SHORT_FLAGS.map(([, flag]) => flag),
])

/** Settings have a page of their own. */
function isSetting(option: Option): boolean {
  return SETTING_FLAGS.has(option.long ?? '')
}

/** What the help says below the options. */
function moreHelp(command: Command): string {
  let text = ''
  const gather = (part: string) => {
    text += part
  }
  command.configureOutput({ writeOut: gather, getOutHelpWidth: () => 100 })
  command.outputHelp()
  return text.slice(command.helpInformation().length).trim()
}

function block(text: string): string {
  return text === '' ? '' : `\`\`\`text\n${text}\n\`\`\``
}

function sentence(text: string): string {
  return text === '' ? '' : `${text[0]?.toUpperCase()}${text.slice(1)}.`
}
