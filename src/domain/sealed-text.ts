const SHOWN = '[secret]'

/** A secret text that prints, serialises and inspects as nothing (I12). */
export interface SealedText {
  /** Hands the text to `work`, which must not keep or print it. */
  use<T>(work: (text: string) => T): T
  toString(): string
  toJSON(): string
}

/** Seals a text. */
export function seal(text: string): SealedText {
  return Object.freeze({
    use: <T>(work: (plain: string) => T): T => work(text),
    toString: () => SHOWN,
    toJSON: () => SHOWN,
    [Symbol.for('nodejs.util.inspect.custom')]: () => SHOWN,
  })
}
