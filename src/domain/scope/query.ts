import {
  admitsNone,
  argumentWidenings,
  type Objection,
  objectionToArguments,
} from './argument-map.ts'
import { inRange, satisfies } from './constraint.ts'
import type { ArgumentConstraint, HttpGrant } from './types.ts'

/** What a grant says about the query. */
export type QueryRule = HttpGrant['query']

/**
 * Why a rule refuses a raw query (without its question mark; undefined when there is none), or
 * undefined when it admits it. Under a map the query is read strictly: no parameter twice, no empty
 * pair, no `;`, only UTF-8; `+` and `%20` are both a space.
 */
export function objectionToQuery(
  rule: QueryRule,
  query: string | undefined,
): Objection | undefined {
  if (rule === 'any') return undefined
  if (rule === 'none') {
    return query === undefined ? undefined : { pointer: '', detail: 'no query is allowed' }
  }
  const parameters = readParameters(query)
  if (parameters === undefined) {
    return { pointer: '', detail: 'the query can not be read in only one way' }
  }
  const objection = objectionToArguments(rule, parameters, satisfiesAsText)
  return objection && { pointer: '', detail: `a query parameter ${objection.detail}` }
}

/** Where the query rule of a child admits more than its parent's. */
export function queryWidenings(child: QueryRule, parent: QueryRule): readonly Objection[] {
  if (parent === 'any' || child === parent) return []
  if (parent === 'none') return [{ pointer: '', detail: 'the parent allows no query' }]
  if (child === 'any') return [{ pointer: '', detail: 'the parent constrains the query' }]
  if (child === 'none') {
    return admitsNone(parent)
      ? []
      : [{ pointer: '', detail: 'the parent requires a query parameter' }]
  }
  return argumentWidenings(child, parent)
}

/** A parameter is a text. A range holds for the plain decimal text of a number in it. */
function satisfiesAsText(constraint: ArgumentConstraint, text: string): boolean {
  switch (constraint.constraint_type) {
    case 'range': {
      const value = Number(text)
      return PLAIN_DECIMAL.test(text) && String(value) === text && inRange(constraint, value)
    }
    case 'all':
      return constraint.constraints.every((clause) => satisfiesAsText(clause, text))
    case 'any':
      return constraint.constraints.some((clause) => satisfiesAsText(clause, text))
    default:
      return satisfies(constraint, text)
  }
}

const PLAIN_DECIMAL = /^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$/

function readParameters(query: string | undefined): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>()
  if (query === undefined || query === '') return parameters
  if (query.includes(';')) return undefined
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    const value = decode(equals < 0 ? '' : pair.slice(equals + 1))
    if (pair === '' || name === undefined || value === undefined || parameters.has(name)) {
      return undefined
    }
    parameters.set(name, value)
  }
  return parameters
}

function decode(text: string): string | undefined {
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return undefined
  }
}
