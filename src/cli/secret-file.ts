import { openSecretFolder, readProvidedSecret, replaceSecretFile } from '../vault/secret-file.ts'
import { CommandFailure, EXIT, usage } from './outcome.ts'

/** Writes a file that only its owner can read (0600), whole or not at all. */
export function writeSecret(name: string, text: string): void {
  orFail(() => replaceSecretFile(name, text))
}

/** Makes a folder of mode 0700, or refuses one whose secrets others can reach. */
export function privateFolder(name: string): void {
  orFail(() => openSecretFolder(name))
}

/** The text of a token or key file; one that others can read is refused. */
export function secretText(name: string): string {
  try {
    return readProvidedSecret(name)
  } catch (cause) {
    throw usage(sentenceOf(cause))
  }
}

function orFail(work: () => void): void {
  try {
    work()
  } catch (cause) {
    throw new CommandFailure(EXIT.failure, sentenceOf(cause))
  }
}

function sentenceOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
