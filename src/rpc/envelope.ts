import type { z } from 'zod'
import { isArray, readJson } from '../domain/json.ts'
import { RPC_BATCH_MAX } from '../domain/limits.ts'
import type { Reason, Refusal, RefusalCode } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import type { Json } from '../domain/scope/types.ts'
import { parseWith } from '../listener/parse.ts'

/** The id a call is answered under (JSON-RPC 2.0 §4). */
export type RpcId = string | number | null

/** An error as it goes out; `data.code` is the word of the one table of refusals. */
export interface RpcError {
  readonly code: number
  readonly message: string
  readonly data: { readonly code: RefusalCode } & Readonly<Record<string, unknown>>
}

/** What came of one call. */
export type RpcOutcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: RpcError }

/** One method: it reads its parameters by a strict schema and asks a use-case. */
export interface RpcMethod<Asked> {
  readonly name: string
  run(asked: Asked, params: Json): Promise<Result<unknown>>
}

/** The methods of one face, and how it tells a no. */
export interface RpcFace<Asked> {
  readonly methods: ReadonlyMap<string, RpcMethod<Asked>>
  /** A refusal of a method in the numbers and words of this face; total over the codes. */
  tell(refusal: Refusal, asked: Asked, call: { readonly method: string; params: Json }): RpcError
  /** What a thrown error comes to; the face logs what it has to say. */
  fault(error: unknown, asked: Asked): Refusal
  /** Asked before each call of a batch but the first, which its transport has counted. */
  again?(asked: Asked): Promise<Result<void>>
}

/** Errors of the frame, JSON-RPC 2.0 §5.1. */
const FRAME = {
  parse: { code: -32700, message: 'Parse error', word: 'malformed' },
  request: { code: -32600, message: 'Invalid Request', word: 'malformed' },
  batch: { code: -32600, message: 'Invalid Request', word: 'too_large' },
  method: { code: -32601, message: 'Method not found', word: 'not_found' },
  params: { code: -32602, message: 'Invalid params', word: 'malformed' },
} as const satisfies Record<string, { code: number; message: string; word: RefusalCode }>

const MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params'])

/**
 * Declares a method. Parameters that its schema refuses never reach `run`; absent ones are `{}`.
 * By position there are none: what stands at which place is said by no document.
 */
export function rpcMethod<Asked, P extends z.ZodType>(shape: {
  readonly name: string
  readonly params: P
  readonly run: (asked: Asked, params: z.output<P>) => Promise<Result<unknown>>
}): RpcMethod<Asked> {
  return {
    name: shape.name,
    async run(asked, params) {
      const parsed = parseWith(shape.params, params, 'malformed')
      return parsed.ok ? await shape.run(asked, parsed.value) : parsed
    },
  }
}

/** The methods of a face by name; two of one name are a mistake of ours. */
export function methodTable<Asked>(
  methods: readonly RpcMethod<Asked>[],
): ReadonlyMap<string, RpcMethod<Asked>> {
  const table = new Map(methods.map((method) => [method.name, method]))
  if (table.size !== methods.length) throw new Error('two methods have one name')
  return table
}

/**
 * Answers one text of JSON-RPC 2.0: a call, a notification or a batch of at most RPC_BATCH_MAX, one
 * after the other. Undefined when there is nothing to say, since notifications get no answer, not
 * even of an error. What readers disagree about (duplicate members, numbers that do not survive)
 * is a parse error; unknown members of a request are refused. Knows no transport: HTTP, lines and
 * sessions bring the text and who asks.
 */
export async function answerText<Asked>(
  face: RpcFace<Asked>,
  asked: Asked,
  text: string,
): Promise<string | undefined> {
  const read = readJson(text)
  if (!read.ok) return spell(null, frameError('parse', [toReason(read.pointer, read.detail)]))
  if (!isArray(read.value)) return await answerEntry(face, asked, read.value, async () => undefined)
  const entries = read.value
  if (entries.length === 0) return spell(null, frameError('request'))
  if (entries.length > RPC_BATCH_MAX) return spell(null, frameError('batch'))
  const answers: string[] = []
  for (const [index, entry] of entries.entries()) {
    const again = async () => (index === 0 ? undefined : await face.again?.(asked))
    const answer = await answerEntry(face, asked, entry, again)
    if (answer !== undefined) answers.push(answer)
  }
  return answers.length === 0 ? undefined : `[${answers.join(',')}]`
}

/** Calls one method by name with parameters that are read already: for sessions of others. */
export async function callMethod<Asked>(
  face: RpcFace<Asked>,
  asked: Asked,
  name: string,
  params: Json,
): Promise<RpcOutcome> {
  const method = face.methods.get(name)
  if (method === undefined) return { ok: false, error: frameError('method') }
  if (isArray(params)) {
    return { ok: false, error: frameError('params', [toReason('', 'Name the parameters.')]) }
  }
  const result = await outcomeOf(face, asked, method, params)
  if (result.ok) return { ok: true, result: result.value }
  const { refusal } = result
  const error = isOfParams(refusal)
    ? frameError('params', refusal.reasons)
    : face.tell(refusal, asked, { method: name, params })
  return { ok: false, error }
}

/** An answer as text: for faces that have to say no before there is a call. */
export function spell(id: RpcId, error: RpcError): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error })
}

async function answerEntry<Asked>(
  face: RpcFace<Asked>,
  asked: Asked,
  entry: Json,
  again: () => Promise<Result<void> | undefined>,
): Promise<string | undefined> {
  const call = readCall(entry)
  if (!call.ok) return spell(call.id, frameError('request', [call.reason]))
  const within = await again()
  const { id, method, params } = call
  const outcome: RpcOutcome =
    within?.ok === false
      ? { ok: false, error: face.tell(within.refusal, asked, { method, params }) }
      : await callMethod(face, asked, method, params)
  if (id === undefined) return undefined
  return outcome.ok
    ? JSON.stringify({ jsonrpc: '2.0', id, result: outcome.result })
    : spell(id, outcome.error)
}

type ReadCall =
  | {
      readonly ok: true
      /** Undefined for a notification. */
      readonly id: RpcId | undefined
      readonly method: string
      readonly params: Json
    }
  | { readonly ok: false; readonly id: RpcId; readonly reason: Reason }

/** One request object (JSON-RPC 2.0 §4); its id goes back with the error when it can be read. */
function readCall(entry: Json): ReadCall {
  if (entry === null || typeof entry !== 'object' || isArray(entry)) {
    return { ok: false, id: null, reason: toReason('', 'A call is an object.') }
  }
  const { jsonrpc, id, method, params } = entry
  const no = (pointer: string, detail: string): ReadCall => ({
    ok: false,
    id: isId(id) ? id : null,
    reason: toReason(pointer, detail),
  })
  if (jsonrpc !== '2.0') return no('/jsonrpc', 'This has to be "2.0".')
  if (id !== undefined && !isId(id)) return no('/id', 'A string, a number or null.')
  if (typeof method !== 'string') return no('/method', 'This has to be a string.')
  if (params !== undefined && (params === null || typeof params !== 'object')) {
    return no('/params', 'An object, or nothing.')
  }
  if (Object.keys(entry).some((member) => !MEMBERS.has(member))) {
    return no('', 'A call has no other members than jsonrpc, id, method and params.')
  }
  return { ok: true, id, method, params: params ?? {} }
}

async function outcomeOf<Asked>(
  face: RpcFace<Asked>,
  asked: Asked,
  method: RpcMethod<Asked>,
  params: Json,
): Promise<Result<unknown>> {
  try {
    return await method.run(asked, params)
  } catch (error) {
    return { ok: false, refusal: face.fault(error, asked) }
  }
}

/** What a schema or a use-case found wrong with the form of the parameters. */
function isOfParams(refusal: Refusal): boolean {
  return refusal.code === 'malformed'
}

function frameError(kind: keyof typeof FRAME, reasons: readonly Reason[] = []): RpcError {
  const { code, message, word } = FRAME[kind]
  const told = reasons.length === 0 ? {} : { reasons }
  return { code, message, data: { code: word, ...told } }
}

function toReason(pointer: string, detail: string): Reason {
  return { pointer, code: 'malformed', detail }
}

function isId(value: Json | undefined): value is RpcId {
  return value === null || typeof value === 'string' || typeof value === 'number'
}
