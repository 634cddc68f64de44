#!/usr/bin/env node
import { EXIT } from './outcome.ts'
import { runCommandLine } from './run.ts'

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe went away (`| head`): nobody is left to tell.
  if (error.code === 'EPIPE') process.exit(EXIT.ok)
  throw error
})
process.once('SIGINT', () => process.exit(EXIT.interrupted))

process.exitCode = await runCommandLine(process.argv.slice(2))
