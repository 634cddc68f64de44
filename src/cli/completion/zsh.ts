import { argumentCases, quoted, valueCases } from './lookups.ts'
import type { CompletedCommand } from './table.ts'

/** A script for zsh, to be sourced or put into `$fpath` as `_writ`. */
export function zshScript(name: string, rows: readonly CompletedCommand[]): string {
  const verbs = rows.filter((row) => row.verbs.length > 0)
  return `#compdef ${name}
# Completion of ${name} for zsh, made by: ${name} completion zsh
_${name}_verbs() {
  offered=()
  case "$1" in
${verbs.map((row) => listed(row.words, row.verbs)).join('\n')}
  esac
}

_${name}_flags() {
  offered=()
  case "$1" in
${rows.map((row) => listed(row.words, row.flags)).join('\n')}
  esac
}

_${name}_value() {
  awaited=''
  case "$1 $2" in
${kinds(valueCases(rows))}
  esac
}

_${name}_argument() {
  awaited=''
  case "$1" in
${kinds(argumentCases(rows))}
  esac
}

${completer(name)}
if [ "\${funcstack[1]}" = "_${name}" ]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`
}

/** What zsh calls: where the cursor is, and what may stand there. */
function completer(name: string): string {
  return `_${name}() {
  local -a offered
  local at='' awaited='' word index
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    if [[ -n "$awaited" ]]; then
      awaited=''
    elif [[ "$word" == -* ]]; then
      _${name}_value "$at" "$word"
    else
      _${name}_verbs "$at"
      (( \${offered[(I)$word:*]} )) && at="\${at:+$at }$word"
    fi
  done
  if [[ -z "$awaited" ]]; then
    if [[ "\${words[CURRENT]}" == -* ]]; then
      _${name}_flags "$at"
      _describe -o flag offered
      return
    fi
    _${name}_verbs "$at"
    if (( \${#offered} )); then
      _describe command offered
      return
    fi
    _${name}_argument "$at"
  fi
  case "$awaited" in
    file) _files ;;
    folder) _files -/ ;;
  esac
}
`
}

function listed(
  words: string,
  list: readonly { readonly name: string; readonly summary: string }[],
): string {
  const entries = list.map(({ name, summary }) => quoted(`${name}:${plain(summary)}`))
  return `    ${quoted(words)}) offered=(${entries.join(' ')}) ;;`
}

function kinds(list: ReturnType<typeof valueCases>): string {
  return list
    .filter(([, places]) => places.length > 0)
    .map(([kind, places]) => `    ${places.map(quoted).join(' | ')}) awaited=${kind} ;;`)
    .join('\n')
}

/** `_describe` splits at the first colon that is not escaped. */
function plain(summary: string): string {
  return summary.replaceAll('\\', '\\\\').replaceAll(':', '\\:')
}
