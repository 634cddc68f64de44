import { type Command, InvalidArgumentError } from 'commander'
import { type Labels, labelsOf, parseLabelText } from '../domain/labels.ts'
import { WORKERS_MAX } from '../domain/limits.ts'
import type { Cost } from '../domain/redemption.ts'

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

/** A whole number from zero. */
export function level(text: string): number {
  if (!/^(0|[1-9]\d{0,3})$/.test(text))
    throw new InvalidArgumentError('Give a whole number from 0.')
  return Number(text)
}

/** An exact amount of a unit from `USD=0.25`; may be given once for each unit. */
export function costOption(text: string, before: readonly Cost[] = []): readonly Cost[] {
  const match = /^([A-Za-z][A-Za-z0-9._-]*)=(\d{1,15})(?:\.(\d{1,14}))?$/.exec(text)
  const [, unit = '', whole = '', part = ''] = match ?? []
  const amount = Number(whole + part)
  if (match === null || !Number.isSafeInteger(amount)) {
    throw new InvalidArgumentError('Give a unit and an amount, such as USD=0.25.')
  }
  return [...before, { unit, decimals: part.length, amount }]
}

/** How many processes serve. */
export interface WorkersOption {
  readonly workers: number
}

/** Gives a command `--workers`. */
export function addWorkersOption(command: Command): void {
  const purpose = 'processes that share the listeners, one for each core'
  command.option('--workers <n>', purpose, workers, 1)
}

function workers(text: string): number {
  const number = count(text)
  if (number <= WORKERS_MAX) return number
  throw new InvalidArgumentError(`Give at most ${WORKERS_MAX}.`)
}

/** A label from `project=apollo`; may be given once for each key. */
export function labelOption(text: string, before: Labels = {}): Labels {
  if (parseLabelText(text) === undefined) {
    throw new InvalidArgumentError('Give a key and a value, such as project=apollo.')
  }
  const label = labelsOf(text)
  const [key = ''] = Object.keys(label)
  if (Object.hasOwn(before, key)) throw new InvalidArgumentError(`Give ${key} once.`)
  return { ...before, ...label }
}

/** Gathers an option that may be given more than once. */
export function gathered(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
