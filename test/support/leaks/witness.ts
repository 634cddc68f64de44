import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Place } from './spellings.ts'

/** A secret of a test, and the places where it belongs: the only ones where it may be found. */
export interface Planted {
  readonly what: string
  readonly secret: string
  readonly places: readonly string[]
}

/** Keeps everything that was told to anybody, and where each secret belongs. */
export class Witness {
  readonly #told = new Map<string, Buffer[]>()
  readonly planted: Planted[] = []

  /** Notes what was told at a place. */
  saw(place: string, ...told: readonly (string | Buffer)[]): void {
    const known = this.#told.get(place) ?? []
    this.#told.set(place, [...known, ...told.map((one) => Buffer.from(one as string))])
  }

  /** Notes a secret; answers it. */
  plant(what: string, secret: string, ...places: readonly string[]): string {
    if (secret.length < 16) throw new Error(`${what} is too short to be looked for`)
    this.planted.push({ what, secret, places })
    return secret
  }

  /** Everything that was told so far. */
  places(): readonly Place[] {
    return [...this.#told].map(([name, told]) => ({ name, bytes: Buffer.concat(told) }))
  }
}

/** Every file below a folder, byte by byte, named by where it lies. */
export function filesBelow(folder: string, name: string): readonly Place[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
    .map((file) => ({ name: `${name}/${relative(folder, file)}`, bytes: readFileSync(file) }))
}
