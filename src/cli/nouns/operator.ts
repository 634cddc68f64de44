import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { pathOf } from '../../client/client.ts'
import type { OperatorView } from '../../client/views/people.ts'
import { hasPrivateKey } from '../../domain/private-key.ts'
import { ask } from '../ask.ts'
import { addConfirmOption, type ConfirmOption, confirm } from '../confirm.ts'
import { usage } from '../outcome.ts'
import { writeSecret } from '../secret-file.ts'
import { readSettings } from '../settings.ts'
import { table } from '../table.ts'

/** `writ operator`: who may administer, with which role. Owners only. */
export function registerOperator(operator: Command): void {
  operator
    .command('add <name>')
    .description('make a credential; its token is shown once')
    .option('--role <role>', 'owner or operator', 'operator')
    .option('--certificate <pem>', 'sign in to the console with this certificate; no token is made')
    .option('--out <file>', 'write the token to a file of mode 0600')
    .action(add)
  operator.command('list').description('names and roles').action(list)
  const removal = operator.command('remove <name>').description('end a credential')
  addConfirmOption(removal).action(remove)
}

interface AddOptions {
  readonly role: string
  readonly certificate?: string
  readonly out?: string
}

async function add(name: string, options: AddOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const made = await ask<OperatorView>(settings.bearer(), {
    method: 'POST',
    path: '/v1/operators',
    body: { name, role: options.role, ...shown(options) },
  })
  const { token, certificate_thumbprint: thumbprint, ...rest } = made
  if (token === undefined) {
    output.note(`${made.name} is ${made.role} and signs in with the certificate ${thumbprint}.`)
    return output.result(made, () => thumbprint ?? '')
  }
  output.note(`${made.name} is ${made.role}. The token is not shown again.`)
  if (options.out === undefined) return output.result(made, () => token)
  writeSecret(options.out, `${token}\n`)
  await output.result({ ...rest, file: options.out }, () => options.out ?? '')
}

function shown({ certificate }: AddOptions): { readonly certificate?: string } {
  if (certificate === undefined) return {}
  const pem = readText(certificate)
  if (hasPrivateKey(pem)) {
    throw usage(
      `There is a private key in ${certificate}: it was not sent. Give the certificate alone.`,
    )
  }
  return { certificate: pem }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw usage(`Cannot read ${file}: ${(cause as NodeJS.ErrnoException).code ?? cause}.`)
  }
}

async function list(_options: unknown, command: Command): Promise<void> {
  const settings = readSettings(command)
  const call = { method: 'GET', path: '/v1/operators' } as const
  const page = await ask<{ readonly items: readonly OperatorView[] }>(settings.bearer(), call)
  await settings.output.result(page, () =>
    table(
      ['NAME', 'ROLE', 'REMOVED'],
      page.items.map(({ name, role, revoked_at: removed }) => [name, role, removed ?? '-']),
    ),
  )
}

async function remove(name: string, { yes }: ConfirmOption, command: Command): Promise<void> {
  const settings = readSettings(command)
  await confirm(`End what ${name} may do here?`, yes === true)
  const path = pathOf(['v1', 'operators', name])
  const answer = await ask<unknown>(settings.bearer(), { method: 'DELETE', path })
  await settings.output.result(answer ?? { removed: name }, () => `${name} is no longer accepted.`)
}
