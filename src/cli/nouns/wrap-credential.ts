import type { Command } from 'commander'
import { usage } from '../outcome.ts'
import { readPassword } from '../wrap/password-socket.ts'

/**
 * `writ wrap-credential`: what a wrapped tool runs to be given the password of its run by a pipe:
 * a git credential helper, or an exec plugin of kubectl.
 */
export function registerWrapCredential(credential: Command): void {
  credential
    .argument('<socket>', 'where the run hands out its password')
    .argument('[operation]', 'get; git also asks to store and erase, which does nothing')
    .option('--kubernetes', 'answer as an ExecCredential of client-go')
    .action(tell)
}

async function tell(
  socket: string,
  operation: string | undefined,
  options: { readonly kubernetes?: true },
): Promise<void> {
  if (operation !== undefined && operation !== 'get') return
  const password = await readPassword(socket).catch((cause: NodeJS.ErrnoException) => {
    throw usage(`The run behind ${socket} is over (${cause.code ?? cause.message}).`)
  })
  process.stdout.write(
    options.kubernetes
      ? `${JSON.stringify(execCredential(password))}\n`
      : `username=writ\npassword=${password}\n`,
  )
}

function execCredential(token: string) {
  return {
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    kind: 'ExecCredential',
    status: { token },
  }
}
