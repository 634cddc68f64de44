import { availableParallelism, cpus } from 'node:os'
import type { Row } from './row.ts'
import { benchAdmission } from './rows/admission.ts'
import { benchDepth } from './rows/depth.ts'
import { benchGateway } from './rows/gateway.ts'
import { benchRevoke } from './rows/revoke.ts'

/**
 * The benchmarks: each row is a ratio of two things measured in turns in one run on one machine.
 * `--quick` uses fewer rounds and smaller trees (under 50 s); `--json` prints the array of rows.
 */
const quick = process.argv.includes('--quick')
const json = process.argv.includes('--json')
const only = process.argv.find((word) => word.startsWith('--only='))?.slice('--only='.length)

const BENCHES: Readonly<Record<string, (quick: boolean) => Promise<readonly Row[]>>> = {
  admission: benchAdmission,
  gateway: benchGateway,
  revoke: benchRevoke,
  depth: benchDepth,
}

const rows: Row[] = []
for (const [name, bench] of Object.entries(BENCHES)) {
  if (only !== undefined && only !== name) continue
  process.stderr.write(`bench: ${name} …\n`)
  rows.push(...(await bench(quick)))
}
if (json) process.stdout.write(`${JSON.stringify(rows)}\n`)
else {
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`
  process.stdout.write(`${machine}\n`)
  for (const row of rows) {
    const mark = row.ok ? 'ok' : 'NOT MET'
    process.stdout.write(
      `${row.name}: ${row.value} ${row.unit}, baseline ${row.baseline}, ratio ${row.ratio} (aim ${row.aim}) ${mark}\n`,
    )
  }
}
process.exitCode = rows.every((row) => row.ok) ? 0 : 1
