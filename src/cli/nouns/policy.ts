import type { Command } from 'commander'
import type { PoliciesView, PolicyExplanationView } from '../../client/views/policies.ts'
import { ask } from '../ask.ts'
import { readJsonArgument } from '../input.ts'
import { count } from '../options.ts'
import { EXIT } from '../outcome.ts'
import { printableLine } from '../output.ts'
import { replayFolder } from '../policy-replay.ts'
import { readSettings } from '../settings.ts'

/** `writ policy`: rules in files, and what they would decide. */
export function registerPolicy(policy: Command): void {
  policy
    .command('check')
    .description('read a folder of policy files as a process would, here without a server')
    .argument('<folder>', 'the folder')
    .action(checkFolder)
  policy
    .command('list')
    .description(
      'the set in force, in the order its rules are looked at, and what is wrong with it',
    )
    .action(list)
  policy
    .command('replay')
    .description('what a folder of policies would change of recent decisions; changes nothing')
    .argument('<folder>', 'the candidate set')
    .option('--limit <n>', 'records to read, the newest first', count)
    .action(replayFolder)
  policy
    .command('explain')
    .description('what the policies say of a question, and what each rule has to do with it')
    .argument('<agent>', 'the agent, as spiffe://…')
    .argument('<asked>', 'action and scope or request, as JSON: file, - or inline')
    .option('--lease <id>', 'the lease it is about')
    .option('--credential <name>', 'the credential a call would be made with')
    .option('--environment <name>', 'its environment')
    .option('--at <time>', 'another moment than now, RFC 3339')
    .action(explain)
}

async function list(_options: unknown, command: Command): Promise<void> {
  const settings = readSettings(command)
  const found = await ask<PoliciesView>(settings.bearer(), {
    method: 'GET',
    path: '/v1/policies',
  })
  await settings.output.result(found, () =>
    [
      found.version === null
        ? 'no policies: contracts alone decide'
        : `version ${found.version}, loaded at ${found.loaded_at}`,
      ...found.rules.map(({ mode, name, file, line }) => `  ${mode}  ${name}  ${file}:${line}`),
      ...found.problems.map(({ file, line, reason }) => `refused: ${file}:${line}: ${reason}`),
    ]
      .map(printableLine)
      .join('\n'),
  )
}

interface ExplainOptions {
  readonly lease?: string
  readonly credential?: string
  readonly environment?: string
  readonly at?: string
}

async function explain(
  agent: string,
  asked: string,
  options: ExplainOptions,
  command: Command,
): Promise<void> {
  const settings = readSettings(command)
  const { lease, credential, environment, at } = options
  const body = {
    agent,
    asked: await readJsonArgument(asked),
    ...(lease === undefined ? {} : { lease_id: lease }),
    ...(credential === undefined ? {} : { credential: { name: credential } }),
    ...(environment === undefined ? {} : { environment }),
    ...(at === undefined ? {} : { at }),
  }
  const path = '/v1/policy/explain'
  const told = await ask<PolicyExplanationView>(settings.bearer(), { method: 'POST', path, body })
  await settings.output.result(told, () =>
    [
      `${told.effect}, by ${told.rules.join(', ') || 'default'}`,
      ...told.considered.map(({ rule, decided, unmet, beyond }) => {
        const why = [...unmet.map((name) => `not ${name}`), ...beyond.map((at) => `beyond ${at}`)]
        return `  ${decided ? '*' : ' '} ${rule}  ${why.join(', ') || 'matches'}`
      }),
    ].join('\n'),
  )
  if (told.effect === 'deny' || told.effect === 'quarantine') process.exitCode = EXIT.denied
}

async function checkFolder(folder: string, _options: unknown, command: Command): Promise<void> {
  const { output } = readSettings(command)
  const [{ readPolicyFolder }, { problemText }] = await Promise.all([
    import('../../policy/read-folder.ts'),
    import('../../policy/source.ts'),
  ])
  const read = await readPolicyFolder(folder)
  const { files, passedOver } = read.names
  const names = { files, passed_over: passedOver }
  const notRead = passedOver.map(({ name, why }) => `not read: ${name}: ${why}`)
  if (!read.ok) {
    const told = { sound: false, problems: read.problems, ...names }
    await output.result(told, () =>
      [...read.problems.map((problem) => problemText(folder, problem)), ...notRead]
        .map(printableLine)
        .join('\n'),
    )
    process.exitCode = EXIT.denied
    return
  }
  const { version, rules } = read.set
  const found = rules.map(({ name, mode, place }) => ({ name, mode, ...place }))
  await output.result({ sound: true, version, rules: found, ...names }, () =>
    [
      `sound, version ${version}, in the order in which rules are looked at:`,
      ...found.map(({ name, mode, file, line }) => `  ${mode}  ${name}  ${file}:${line}`),
      `read: ${files.join(', ')}`,
      ...notRead,
    ]
      .map(printableLine)
      .join('\n'),
  )
}
