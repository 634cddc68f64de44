import type { Argument, Command, Option } from 'commander'

/** What a shell offers where a value is wanted; `text` is anything, so nothing is offered. */
export type ValueKind = 'file' | 'folder' | 'text'

/** One flag of a command; `takes` is undefined when no value follows. */
export interface CompletedFlag {
  readonly name: string
  readonly summary: string
  readonly takes: ValueKind | undefined
}

/** One command as a shell completes it. */
export interface CompletedCommand {
  /** The words that call it, `lease open`; empty for the command itself. */
  readonly words: string
  readonly verbs: readonly { readonly name: string; readonly summary: string }[]
  readonly flags: readonly CompletedFlag[]
  /** What its arguments are; undefined when it has none. */
  readonly takes: ValueKind | undefined
}

const FILES = /^(file|json|contract|scope|child|parent|request|asked|data)$/
const FOLDERS = /^folder$/

/** Every command below one, each with the flags that may follow it. Reads no files. */
export function completionTable(program: Command): readonly CompletedCommand[] {
  const everywhere = flagsOf(program)
  const rows: CompletedCommand[] = []
  const waiting = [{ command: program, words: '' }]
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { command, words } = next
    const verbs = command.commands.map((verb) => ({
      name: verb.name(),
      summary: verb.description(),
    }))
    const own = command === program ? [] : flagsOf(command)
    const help = { name: '--help', summary: 'what it takes', takes: undefined }
    const flags = [...own, ...everywhere, help]
    rows.push({ words, verbs, flags, takes: argumentKind(command.registeredArguments) })
    for (const verb of command.commands) {
      waiting.push({ command: verb, words: words === '' ? verb.name() : `${words} ${verb.name()}` })
    }
  }
  return rows
}

function flagsOf(command: Command): readonly CompletedFlag[] {
  return command.options.flatMap((option) => {
    if (option.hidden || option.long === undefined) return []
    return [{ name: option.long, summary: option.description, takes: flagKind(option) }]
  })
}

function flagKind({ flags, long }: Option): ValueKind | undefined {
  const placeholder = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1]
  if (placeholder === undefined) return undefined
  if (placeholder !== 'value') return kindOf(placeholder)
  if (/-(file|certificate|key|ca|routes|socket|proxies)$/.test(long ?? '')) return 'file'
  return /-dir$/.test(long ?? '') ? 'folder' : 'text'
}

function argumentKind(list: readonly Argument[]): ValueKind | undefined {
  const kinds = list.map((argument) => kindOf(argument.name()))
  return kinds.find((kind) => kind !== 'text') ?? kinds[0]
}

function kindOf(placeholder: string): ValueKind {
  if (FILES.test(placeholder)) return 'file'
  return FOLDERS.test(placeholder) ? 'folder' : 'text'
}
