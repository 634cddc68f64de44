import { isWellFormed } from '../json-text.ts'
import {
  fail,
  integerBetween,
  isRecord,
  type Members,
  type Reader,
  readObject,
  wordOf,
} from './intake.ts'
import { readIdentifier, readToken, readToolName } from './parse-grant.ts'
import { jsonOf } from './parse-json.ts'
import { pointerTo } from './parsed.ts'
import type { HttpRequestToJudge, RequestToJudge, ToolRequestToJudge } from './types.ts'

const readText: Reader<string> = (intake, value, pointer) =>
  typeof value === 'string' && isWellFormed(value) ? value : fail(intake, pointer, 'not a text')

const readAnyJson = jsonOf(Number.POSITIVE_INFINITY)

const BODY: Members<NonNullable<HttpRequestToJudge['body']>> = {
  media_type: readText,
  bytes: integerBetween(0, Number.MAX_SAFE_INTEGER),
  text: readText,
}

const HTTP: Members<HttpRequestToJudge> = {
  type: wordOf(['http']),
  method: readToken,
  target: readText,
  body: (intake, value, pointer) =>
    readObject(intake, value, pointer, BODY, ['media_type', 'bytes', 'text']),
}

const TOOL: Members<ToolRequestToJudge> = {
  type: wordOf(['tool']),
  server: readIdentifier,
  tool: readToolName,
  arguments: (intake, value, pointer) =>
    isRecord(value)
      ? (readAnyJson(intake, value, pointer) as ToolRequestToJudge['arguments'] | undefined)
      : fail(intake, pointer, 'not an object'),
}

/** Reads one request to judge; the target is any text. */
export const readRequestToJudge: Reader<RequestToJudge> = (intake, value, pointer) => {
  if (!isRecord(value)) return fail(intake, pointer, 'not a request')
  const type = Object.hasOwn(value, 'type') ? value['type'] : undefined
  if (type === 'http') {
    return readObject(intake, value, pointer, HTTP, ['type', 'method', 'target'])
  }
  if (type === 'tool') {
    return readObject(intake, value, pointer, TOOL, ['type', 'server', 'tool', 'arguments'])
  }
  return fail(intake, pointerTo(pointer, 'type'), 'not http or tool')
}
