import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** What a connector says it is: base64url(SHA-256), read from disk anew each time. */
export type ReadProgram = () => Promise<string>

/**
 * LEASH-11, LEASH-35: a digest over the binary of the runtime and over every file of code beside
 * the entry. It is this process's own word about files it could have replaced in memory: it shows
 * a changed installation, not a hostile one. The binary is large, so it is read again only when its
 * size, time or place on disk changed.
 */
export function programReader(entry: string, runtime: string): ReadProgram {
  let known: { readonly mark: string; readonly digest: string } | undefined
  return async () => {
    const { size, mtimeMs, ino } = statSync(runtime)
    const mark = `${size} ${mtimeMs} ${ino}`
    if (known?.mark !== mark) known = { mark, digest: await digestOf(runtime) }
    const whole = createHash('sha256').update(`writ program v1\n${known.digest}\n`)
    const folder = dirname(dirname(entry))
    for (const file of codeBelow(folder)) {
      const digest = createHash('sha256').update(readFileSync(file)).digest('base64url')
      whole.update(`${relative(folder, file).split(sep).join('/')}\n${digest}\n`)
    }
    return whole.digest('base64url')
  }
}

function codeBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile() && /\.(mjs|js|ts|json)$/.test(found.name))
    .map((found) => join(found.parentPath, found.name))
    .toSorted()
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('base64url')
}
