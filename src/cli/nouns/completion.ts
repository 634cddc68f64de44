import type { Command } from 'commander'
import { completionTable } from '../completion/table.ts'
import { usage } from '../outcome.ts'
import { readSettings } from '../settings.ts'

/** `writ completion`: what a shell needs to complete every command, from the command table. */
export function registerCompletion(completion: Command): void {
  completion
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText(
      'after',
      `
  bash  writ completion bash > ~/.local/share/bash-completion/completions/writ
  zsh   writ completion zsh > "\${fpath[1]}/_writ"
  fish  writ completion fish > ~/.config/fish/completions/writ.fish`,
    )
    .action(print)
}

async function print(shell: string, _options: unknown, command: Command): Promise<void> {
  const { output } = readSettings(command)
  const { buildWholeProgram } = await import('../program.ts')
  const rows = completionTable(await buildWholeProgram())
  const script = (await rendererOf(shell))('writ', rows)
  if (output.json) return output.result({ shell, script }, String)
  await output.raw(script)
}

async function rendererOf(shell: string) {
  switch (shell) {
    case 'bash':
      return (await import('../completion/bash.ts')).bashScript
    case 'zsh':
      return (await import('../completion/zsh.ts')).zshScript
    case 'fish':
      return (await import('../completion/fish.ts')).fishScript
    default:
      throw usage(`There is completion for bash, zsh and fish, not for ${shell}.`)
  }
}
