/**
 * What a person has to type for this very command in the folder they stand in: commands that are
 * printed have to work as they are printed. npm tells by a variable when it started us.
 */
export function invokedAs(
  env: NodeJS.ProcessEnv = process.env,
  module: string = import.meta.url,
): string {
  if (module.endsWith('.ts')) return 'npx tsx src/cli/main.ts'
  return env['npm_lifecycle_event'] === undefined ? 'writ' : 'npx writ'
}
