import type { Command } from 'commander'
import { beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS, GROUPS } from '../../src/cli/commands.ts'
import { EXAMPLES } from '../../src/cli/examples.ts'
import { buildProgram, buildWholeProgram } from '../../src/cli/program.ts'
import { runWrit } from '../support/cli-process.ts'

let leaves: ReadonlyMap<string, Command>
beforeAll(async () => {
  leaves = leavesOf(await buildWholeProgram())
})

/** The commands that do something, by their words. */
function leavesOf(program: Command): ReadonlyMap<string, Command> {
  return new Map(
    program.commands.flatMap((noun): [string, Command][] =>
      noun.commands.length === 0
        ? [[noun.name(), noun]]
        : noun.commands.map((verb) => [`${noun.name()} ${verb.name()}`, verb]),
    ),
  )
}

test('every command has an example, and every example is of a command', () => {
  const known = [...leaves.keys(), 'scope']
  const sentence = 'Every command has a line in src/cli/examples.ts, every line a command.'
  expect(Object.keys(EXAMPLES).sort(), sentence).toEqual(known.sort())
})

test('the words of an example are flags and arguments of its command', () => {
  for (const [words, example] of Object.entries(EXAMPLES)) {
    const command = leaves.get(words)
    if (command === undefined) continue
    expect(example).toMatch(new RegExp(`^writ ${words}( |$)`))
    const [line = ''] = example.split(/ [<>]{1,2} | -- /)
    const flags = line.split(' ').filter((word) => word.startsWith('--'))
    const all = [...command.options, ...(command.parent?.options ?? []), ...buildProgram().options]
    for (const flag of flags)
      expect(
        all.map(({ long }) => long),
        words,
      ).toContain(flag)
    const required = command.options.filter(({ mandatory, defaultValue }) => {
      return mandatory && defaultValue === undefined
    })
    for (const { long } of required) expect(flags, words).toContain(long)
    for (const argument of command.registeredArguments.filter(({ required }) => required)) {
      expect(example.split(' ').length, `${words} ${argument.name()}`).toBeGreaterThan(
        words.split(' ').length + 1,
      )
    }
  }
})

test('the help of a command ends with its example', async () => {
  const ran = await runWrit(['help', 'lease', 'open'])
  expect(ran.stdout.trimEnd().split('\n').slice(-2)).toEqual([
    'Example:',
    `  ${EXAMPLES['lease open']}`,
  ])
})

describe('help without a word', () => {
  test('groups the commands by whom they are for', () => {
    const help = buildProgram().helpInformation()
    const titles = Object.values(GROUPS)
    const places = titles.map((title) => help.indexOf(`\n${title}\n`))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(0)
    for (const { name, group } of COMMANDS) {
      const own = help.slice(help.indexOf(`\n${GROUPS[group]}\n`))
      expect(own).toMatch(new RegExp(`^ {2}${name} `, 'm'))
    }
  })

  test('reads no noun, and fits a terminal of 100 columns', () => {
    const lines = buildProgram().helpInformation().split('\n')
    expect(lines.filter((line) => line.length > 100)).toEqual([])
    expect(buildProgram().commands.flatMap(({ commands }) => commands)).toEqual([])
  })
})
