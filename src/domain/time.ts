declare const brand: unique symbol

/** Whole seconds since 1970-01-01T00:00:00Z (RFC 7519 NumericDate without fraction). */
export type EpochSeconds = number & { readonly [brand]: 'EpochSeconds' }

/** Names a number of seconds since the epoch; asserts that it is a safe, non-negative integer. */
export function epochSeconds(value: number): EpochSeconds {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('not epoch seconds')
  return value as EpochSeconds
}

/** A moment some seconds later (or earlier, when negative). */
export function later(from: EpochSeconds, seconds: number): EpochSeconds {
  return epochSeconds(from + seconds)
}

/** The earlier of two moments. */
export function earlier(a: EpochSeconds, b: EpochSeconds): EpochSeconds {
  return a < b ? a : b
}

/** Time as a value that is handed in. */
export interface Clock {
  now(): EpochSeconds
}
