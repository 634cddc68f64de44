// npm leaves optional packages out of package-lock.json when its registry does not carry them, and
// `npm ci` then finds the lock file incomplete. This puts an entry back for each one a locked package
// names with an exact version, with the platform its name tells. Run it after `npm install`.
import { readFileSync, writeFileSync } from 'node:fs'

const OS = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'win32']
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32']

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const { packages } = lock
let added = 0
for (const [path, { dev, optionalDependencies = {} }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const known = packages[`node_modules/${name}`] ?? packages[`${path}/node_modules/${name}`]
    if (known !== undefined || !/^\d/.test(version)) continue
    const words = name.split(/[/-]/)
    const os = OS.filter((word) => words.includes(word))
    const cpu = CPU.filter((word) => words.includes(word))
    const libc = words.some((word) => word.startsWith('musl')) ? ['musl'] : undefined
    if (os.length === 0) continue
    const libcEntry = libc === undefined ? {} : { libc }
    packages[`node_modules/${name}`] = {
      version,
      cpu,
      ...(dev === true ? { dev } : {}),
      ...libcEntry,
      optional: true,
      os,
    }
    added += 1
  }
}
const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
lock.packages = Object.fromEntries(sorted)
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`${added} entries added to package-lock.json\n`)
