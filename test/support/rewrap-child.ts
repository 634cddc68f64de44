import { replaceMasterKey } from '../../src/compose/replace-master-key.ts'
import { readConfig } from '../../src/settings/config.ts'

/**
 * The program of a process that replaces a master key by that of a file, and kills itself the
 * moment it has done the step it was told: `flags as JSON`, `key file`, `step`.
 */
const [flags = '{}', path = '', last = ''] = process.argv.slice(2)
const read = readConfig({ flags: JSON.parse(flags) })
if (!read.ok) throw new Error(read.problem)
const terms = { to: { kind: 'key_file', path }, keep: null } as const
await replaceMasterKey(read.config, process.env, terms, (step) => {
  if (step === last) process.kill(process.pid, 'SIGKILL')
})
