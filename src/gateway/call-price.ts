import type { IncomingHttpHeaders } from 'node:http'
import type { JudgedBody } from '../admission/ports.ts'
import { foldMember, readJson } from '../domain/json.ts'
import { costOfUsage, type ModelPrice, mostOf, type PriceTable, priceOf } from '../domain/price.ts'
import type { Cost } from '../domain/redemption.ts'
import type { CallUsage } from '../domain/settlement.ts'
import { UsageReader } from './usage-reader.ts'

/** What a call came to: what it used, and what that costs. */
export interface Measured {
  readonly usage: CallUsage
  readonly cost: Cost
}

/** Hears of an answer as it passes. */
export interface Meter {
  head(headers: IncomingHttpHeaders): void
  read(chunk: Buffer): void
  /** To be called when the answer is over; `whole` when the upstream ended it itself. */
  over(whole: boolean): void
}

/** The price of one call: that of the model its request names. */
export interface CallPrice {
  readonly most: Cost
  /** Measures the answer; `tell` is called once, with undefined when the usage is not known. */
  meter(tell: (measured: Measured | undefined) => void): Meter
}

/**
 * The price of a call by the body that was judged: the very bytes that go to the upstream. A body
 * without a model that has a price, or with another in a member that only case tells apart, is a
 * call of which nobody knows the cost: undefined.
 */
export function callPrice(
  table: PriceTable,
  body: Pick<JudgedBody, 'text'>,
): CallPrice | undefined {
  const model = modelIn(body.text)
  const price = model === undefined ? undefined : priceOf(table, model)
  if (model === undefined || price === undefined) return undefined
  return {
    most: mostOf(table, price),
    meter: (tell) => meterOf({ table, model, price }, tell),
  }
}

function modelIn(text: string): string | undefined {
  const read = readJson(text)
  if (!read.ok || typeof read.value !== 'object' || read.value === null) return undefined
  const names = Object.keys(read.value).filter((name) => foldMember(name) === 'model')
  if (names.length !== 1) return undefined
  const { model } = read.value as { readonly model?: unknown }
  return typeof model === 'string' && model.length <= 200 ? model : undefined
}

function meterOf(
  by: { readonly table: PriceTable; readonly model: string; readonly price: ModelPrice },
  tell: (measured: Measured | undefined) => void,
): Meter {
  const { table, model, price } = by
  let reader: UsageReader | undefined
  let isOver = false
  const measured = (): Measured | undefined => {
    const used = reader?.usage()
    const cost = used && costOfUsage(table, price, used)
    if (used === undefined || cost === undefined) return undefined
    const { input, output, cacheWrite } = used
    return { usage: { model, inputTokens: input + cacheWrite, outputTokens: output }, cost }
  }
  return {
    head(headers) {
      reader = new UsageReader(headers)
    },
    read(chunk) {
      reader?.read(chunk)
    },
    over(whole) {
      if (isOver) return
      isOver = true
      tell(whole ? measured() : undefined)
    },
  }
}
