import { InvalidArgumentError } from 'commander'

const SECONDS_IN: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** Whole seconds from `90`, `90s`, `10m`, `4h` or `1d`. */
export function seconds(text: string): number {
  const match = /^(\d{1,9})([smhd]?)$/.exec(text)
  const [, digits = '', unit = ''] = match ?? []
  if (match === null) throw new InvalidArgumentError('Give seconds, or a time such as 10m or 4h.')
  return Number(digits) * (SECONDS_IN[unit === '' ? 's' : unit] ?? 1)
}

/** A whole number of at least one. */
export function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1.')
  return Number(text)
}

/** Gathers an option that may be given more than once. */
export function gathered(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
