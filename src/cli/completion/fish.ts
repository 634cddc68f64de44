import { argumentCases, valueCases } from './lookups.ts'
import type { CompletedCommand, CompletedFlag } from './table.ts'

/** A script for fish, for `~/.config/fish/completions/writ.fish`. */
export function fishScript(name: string, rows: readonly CompletedCommand[]): string {
  const paths = rows.map(({ words }) => words).filter((words) => words !== '')
  const valued = valueCases(rows).flatMap(([, places]) => places.map((place) => place.trim()))
  const lines = rows.flatMap((row) => [
    ...row.verbs.map(
      (verb) => `${head(name, row)} -a ${quoted(verb.name)} -d ${quoted(verb.summary)}`,
    ),
    ...row.flags.map((flag) => `${head(name, row)} ${flagWords(flag)}`),
  ])
  const files = argumentCases(rows).flatMap(([kind, places]) =>
    places.map((words) => {
      const offered = kind === 'file' ? '-F' : '-a "(__fish_complete_directories)"'
      return `complete -c ${name} -n "__${name}_is ${quoted(words)}" ${offered}`
    }),
  )
  return `# Completion of ${name} for fish, made by: ${name} completion fish
set -g __${name}_paths ${paths.map(quoted).join(' ')}
set -g __${name}_valued ${valued.map(quoted).join(' ')}

function __${name}_at
    set -l at ''
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if string match -q -- '-*' $word
            contains -- (string trim -- "$at $word") $__${name}_valued; and set skip 1
        else if contains -- (string trim -- "$at $word") $__${name}_paths
            set at (string trim -- "$at $word")
        end
    end
    echo $at
end

function __${name}_is
    set -l here (__${name}_at)
    test "$here" = "$argv[1]"
end

complete -c ${name} -f
${[...lines, ...files].join('\n')}
`
}

function head(name: string, { words }: CompletedCommand): string {
  return `complete -c ${name} -n "__${name}_is ${quoted(words)}"`
}

function flagWords({ name, summary, takes }: CompletedFlag): string {
  const value = takes === 'text' ? ' -x' : takes === undefined ? '' : ' -r -F'
  return `-l ${name.slice(2)}${value} -d ${quoted(summary)}`
}

/** fish knows two escapes between single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
