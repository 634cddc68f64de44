import { foldMember, isArray, readJson } from '../json.ts'
import { utf8Length } from '../json-text.ts'
import { JUDGED_BODY_BYTES_MAX, SCOPE_NESTING_MAX } from '../limits.ts'
import { admitsNone, argumentWidenings, type Objection, objectionToJson } from './argument-map.ts'
import type { BodyRule, HttpGrant, HttpRequestToJudge, Json } from './types.ts'

/** A body as it was read; absent means that nobody read it, so that only `any` admits it. */
type Body = HttpRequestToJudge['body']

/**
 * Why a rule refuses a body, or undefined when it admits it. An empty body passes every rule that
 * requires no field. Whatever can not be judged is refused (T-09): a body that was not read, is too
 * large, too deep, not JSON, not UTF-8, or sent as anything but JSON where its fields matter.
 */
export function objectionToBody(rule: HttpGrant['body'], body: Body): Objection | undefined {
  if (rule === 'any') return undefined
  if (body === undefined) return no('the body was not read')
  const empty = body.bytes === 0 && body.text === ''
  if (rule === 'none') return empty ? undefined : no('no body is allowed')
  if (body.bytes > Math.min(rule.max_bytes ?? JUDGED_BODY_BYTES_MAX, JUDGED_BODY_BYTES_MAX)) {
    return no('the body is too large')
  }
  if (empty) {
    return admitsNone(rule.fields ?? {}) ? undefined : no('the body lacks a required field')
  }
  const { type, plain } = readMediaType(body.media_type)
  if (rule.media_types !== undefined && !rule.media_types.includes(type)) {
    return no('the media type is not allowed')
  }
  if (rule.fields === undefined && rule.forbidden_fields === undefined) return undefined
  if (!plain || !(type === 'application/json' || type.endsWith('+json'))) {
    return no('the body is not sent as JSON in UTF-8')
  }
  return objectionToFields(rule, body)
}

/** Where the body rule of a child admits more than its parent's. */
export function bodyWidenings(
  child: HttpGrant['body'],
  parent: HttpGrant['body'],
): readonly Objection[] {
  if (parent === 'any' || (child === 'none' && parent === 'none')) return []
  if (parent === 'none') return [no('the parent allows no body')]
  if (child === 'any') return [no('the parent has a rule on the body')]
  if (child === 'none') {
    return admitsNone(parent.fields ?? {}) ? [] : [no('the parent requires a field')]
  }
  return ruleWidenings(child, parent)
}

function ruleWidenings(child: BodyRule, parent: BodyRule): readonly Objection[] {
  const found: Objection[] = []
  const { max_bytes, media_types, forbidden_fields, fields } = parent
  if (max_bytes !== undefined && !(child.max_bytes !== undefined && child.max_bytes <= max_bytes)) {
    found.push({ pointer: '/max_bytes', detail: `the parent allows at most ${max_bytes}` })
  }
  if (media_types !== undefined && !isWithin(child.media_types, media_types)) {
    found.push({ pointer: '/media_types', detail: 'the parent allows fewer media types' })
  }
  if (forbidden_fields !== undefined && !isWithin(forbidden_fields, child.forbidden_fields)) {
    found.push({ pointer: '/forbidden_fields', detail: 'the parent forbids more fields' })
  }
  if (fields === undefined) return found
  if (child.fields === undefined) {
    return [...found, { pointer: '/fields', detail: 'the parent constrains the fields' }]
  }
  for (const { pointer, detail } of argumentWidenings(child.fields, fields)) {
    found.push({ pointer: `/fields${pointer}`, detail })
  }
  return found
}

function objectionToFields(rule: BodyRule, body: NonNullable<Body>): Objection | undefined {
  // A byte order mark or a replaced octet would make the text another one than the upstream reads.
  if (utf8Length(body.text) !== body.bytes) return no('the body is not UTF-8')
  const read = readJson(body.text, SCOPE_NESTING_MAX)
  if (!read.ok) return no('the body is not JSON that can be judged')
  const { value } = read
  if (rule.forbidden_fields !== undefined && names(value, rule.forbidden_fields.map(foldMember))) {
    return no('the body has a forbidden field')
  }
  if (rule.fields === undefined) return undefined
  if (value === null || typeof value !== 'object' || isArray(value)) {
    return no('the body is not a JSON object')
  }
  const objection = objectionToJson(rule.fields, value)
  return objection && no(`a field of the body ${objection.detail}`)
}

/** Whether a member anywhere in a value has one of the folded names. */
function names(value: Json, forbidden: readonly string[]): boolean {
  if (value === null || typeof value !== 'object') return false
  if (isArray(value)) return value.some((item) => names(item, forbidden))
  return Object.entries(value).some(
    ([name, member]) => forbidden.includes(foldMember(name)) || names(member, forbidden),
  )
}

/** The media type in lower case, and whether no parameter but `charset=utf-8` comes with it. */
function readMediaType(header: string): { readonly type: string; readonly plain: boolean } {
  const [type = '', ...parameters] = header.toLowerCase().split(';')
  const plain = parameters.every((parameter) => /^ *charset="?utf-8"? *$/.test(parameter))
  return { type: type.trim(), plain }
}

function isWithin(inner: readonly string[] | undefined, outer: readonly string[] | undefined) {
  return inner?.every((entry) => outer?.includes(entry) === true) === true
}

function no(detail: string): Objection {
  return { pointer: '', detail }
}
