import type { Command } from 'commander'
import { EXIT } from '../outcome.ts'
import { readSettings } from '../settings.ts'

/** `writ policy`: rules in files, and what they would decide. */
export function registerPolicy(policy: Command): void {
  policy
    .command('check')
    .description('read a folder of policy files as a process would, here without a server')
    .argument('<folder>', 'the folder')
    .action(checkFolder)
}

async function checkFolder(folder: string, _options: unknown, command: Command): Promise<void> {
  const { output } = readSettings(command)
  const [{ readPolicyFolder }, { problemText }] = await Promise.all([
    import('../../policy/read-folder.ts'),
    import('../../policy/source.ts'),
  ])
  const read = await readPolicyFolder(folder)
  if (!read.ok) {
    const told = { sound: false, problems: read.problems }
    await output.result(told, () =>
      read.problems.map((problem) => problemText(folder, problem)).join('\n'),
    )
    process.exitCode = EXIT.denied
    return
  }
  const { version, rules } = read.set
  const names = rules.map(({ name, mode, place }) => ({ name, mode, ...place }))
  await output.result({ sound: true, version, rules: names }, () =>
    [
      `sound, version ${version}, in the order in which rules are looked at:`,
      ...names.map(({ name, mode, file, line }) => `  ${mode}  ${name}  ${file}:${line}`),
    ].join('\n'),
  )
}
