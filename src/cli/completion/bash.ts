import { argumentCases, quoted, valueCases } from './lookups.ts'
import type { CompletedCommand } from './table.ts'

/** A script for bash 3.2 and later. `name` is what the command is called by. */
export function bashScript(name: string, rows: readonly CompletedCommand[]): string {
  const nouns = rows.filter(({ verbs }) => verbs.length > 0)
  return `# Completion of ${name} for bash, made by: ${name} completion bash
_${name}_verbs() {
  case "$1" in
${cases(nouns.map(({ words, verbs }) => [[words], verbs.map((verb) => verb.name)]))}
  esac
}

_${name}_flags() {
  case "$1" in
${cases(rows.map(({ words, flags }) => [[words], flags.map((flag) => flag.name)]))}
  esac
}

_${name}_value() {
  case "$1 $2" in
${cases(valueCases(rows).map(([kind, places]) => [places, [kind]]))}
  esac
}

_${name}_argument() {
  case "$1" in
${cases(argumentCases(rows).map(([kind, places]) => [places, [kind]]))}
  esac
}

${completer(name)}

complete -F _${name} ${name}
`
}

/** What bash calls: where the cursor is, and what may stand there. */
function completer(name: string): string {
  return `_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at='' awaited='' word index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [ -n "$awaited" ]; then
      awaited=''
    elif [ "\${word#-}" != "$word" ]; then
      awaited="$(_${name}_value "$at" "$word")"
    elif [[ " $(_${name}_verbs "$at") " == *" $word "* ]]; then
      at="\${at:+$at }$word"
    fi
  done
  COMPREPLY=()
  if [ -z "$awaited" ]; then
    if [ "\${current#-}" != "$current" ]; then
      COMPREPLY=($(compgen -W "$(_${name}_flags "$at")" -- "$current"))
      return
    fi
    COMPREPLY=($(compgen -W "$(_${name}_verbs "$at")" -- "$current"))
    [ "\${#COMPREPLY[@]}" -gt 0 ] && return
    awaited="$(_${name}_argument "$at")"
  fi
  local IFS=$'\\n'
  case "$awaited" in
    file) COMPREPLY=($(compgen -f -- "$current")) ;;
    folder) COMPREPLY=($(compgen -d -- "$current")) ;;
    *) return ;;
  esac
  compopt -o filenames 2>/dev/null
}`
}

type Case = readonly [places: readonly string[], answer: readonly string[]]

function cases(list: readonly Case[]): string {
  return list
    .filter(([places]) => places.length > 0)
    .map(([places, answer]) => {
      return `    ${places.map(quoted).join(' | ')}) echo ${quoted(answer.join(' '))} ;;`
    })
    .join('\n')
}
