import {
  BUDGET_AMOUNT_MAX,
  BUDGET_DECIMALS_MAX,
  LEASE_CHILDREN_MAX,
  LEASE_DEPTH_MAX,
  LEASE_USES_MAX,
  SCOPE_BUDGETS_MAX,
  SCOPE_ENTRIES_MAX,
  SCOPE_GRANTS_MAX,
  SCOPE_STRING_MAX,
} from '../../domain/limits.ts'
import { SCOPE_TYPE } from '../../domain/scope/types.ts'
import type { Described } from './described.ts'

/** The scope as JSON Schema, for the document alone: src/domain/scope reads and judges it. */
const TEXT: Described = { type: 'string', maxLength: SCOPE_STRING_MAX }
const TEXTS: Described = { type: 'array', minItems: 1, maxItems: SCOPE_ENTRIES_MAX, items: TEXT }

function ref(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` }
}

const ArgumentConstraint: Described = {
  type: 'object',
  required: ['constraint_type'],
  properties: {
    constraint_type: {
      type: 'string',
      enum: [
        'exact',
        'range',
        'one_of',
        'not_one_of',
        'contains',
        'subset',
        'wildcard',
        'all',
        'any',
      ],
    },
    optional: { type: 'boolean' },
  },
  additionalProperties: true,
}

const ARGUMENTS: Described = { type: 'object', additionalProperties: ref('ArgumentConstraint') }

const BODY_RULE: Described = {
  type: 'object',
  properties: {
    max_bytes: { type: 'integer', minimum: 0 },
    media_types: TEXTS,
    forbidden_fields: TEXTS,
    fields: ARGUMENTS,
  },
  additionalProperties: false,
}

const HttpGrant: Described = {
  type: 'object',
  required: ['type'],
  properties: {
    type: { type: 'string', enum: ['http'] },
    schemes: TEXTS,
    hosts: TEXTS,
    ports: {
      type: 'array',
      minItems: 1,
      maxItems: SCOPE_ENTRIES_MAX,
      items: { type: 'integer', minimum: 1, maximum: 65_535 },
    },
    methods: TEXTS,
    paths: TEXTS,
    query: { oneOf: [{ type: 'string', enum: ['any', 'none'] }, ARGUMENTS] },
    body: { oneOf: [{ type: 'string', enum: ['any', 'none'] }, BODY_RULE] },
    private_net: { type: 'boolean' },
    encoded_slash: { type: 'boolean' },
  },
  additionalProperties: false,
}

const ToolGrant: Described = {
  type: 'object',
  required: ['type'],
  properties: {
    type: { type: 'string', enum: ['tool'] },
    server: TEXT,
    tool: TEXT,
    arguments: ARGUMENTS,
  },
  additionalProperties: false,
}

/** Integer amounts of units, each unit once: budgets of a scope, costs of a call. */
export const AMOUNTS: Described = {
  type: 'array',
  maxItems: SCOPE_BUDGETS_MAX,
  items: {
    type: 'object',
    required: ['unit', 'decimals', 'amount'],
    properties: {
      unit: TEXT,
      decimals: { type: 'integer', minimum: 0, maximum: BUDGET_DECIMALS_MAX },
      amount: { type: 'integer', minimum: 0, maximum: BUDGET_AMOUNT_MAX },
    },
    additionalProperties: false,
  },
}

const ScopeLimits: Described = {
  type: 'object',
  properties: {
    ttl_seconds: { type: 'integer', minimum: 1 },
    max_uses: {
      oneOf: [
        { type: 'integer', minimum: 1, maximum: LEASE_USES_MAX },
        { type: 'string', enum: ['unlimited'] },
      ],
    },
    max_depth: { type: 'integer', minimum: 0, maximum: LEASE_DEPTH_MAX },
    max_children: { type: 'integer', minimum: 0, maximum: LEASE_CHILDREN_MAX },
    budgets: AMOUNTS,
    rate: {
      oneOf: [
        { type: 'string', enum: ['unlimited'] },
        {
          type: 'object',
          required: ['requests', 'per_seconds'],
          properties: {
            requests: { type: 'integer', minimum: 1 },
            per_seconds: { type: 'integer', minimum: 1 },
          },
          additionalProperties: false,
        },
      ],
    },
  },
  additionalProperties: false,
}

const ScopeRequires: Described = {
  type: 'object',
  properties: {
    approval: { type: 'boolean' },
    attestation_min: { type: 'string', enum: ['none', 'warning', 'affirming'] },
    attestation_max_age_seconds: {
      oneOf: [
        { type: 'integer', minimum: 1 },
        { type: 'string', enum: ['any'] },
      ],
    },
    dpop: { type: 'boolean' },
    bind_request: { type: 'boolean' },
    read_only: { type: 'boolean' },
  },
  additionalProperties: false,
}

const ScopeDelegation: Described = {
  type: 'object',
  properties: { allowed: { type: 'boolean' }, delegates: { type: 'array', items: TEXT } },
  additionalProperties: false,
}

/** The parts of a scope, as components of the document. */
export const SCOPE_PARTS: Readonly<Record<string, Described>> = {
  ArgumentConstraint,
  HttpGrant,
  ToolGrant,
  ScopeLimits,
  ScopeRequires,
  ScopeDelegation,
}

/** The members of a scope; which of them are required depends on whether it is asked or granted. */
export const SCOPE_MEMBERS: NonNullable<Described['properties']> = {
  type: { type: 'string', enum: [SCOPE_TYPE] },
  grants: {
    type: 'array',
    maxItems: SCOPE_GRANTS_MAX,
    items: { oneOf: [ref('HttpGrant'), ref('ToolGrant')] },
  },
  audiences: TEXTS,
  limits: ref('ScopeLimits'),
  requires: ref('ScopeRequires'),
  delegation: ref('ScopeDelegation'),
}

/** One request to judge, raw as it came. */
export const REQUEST_TO_JUDGE: Described = {
  oneOf: [
    {
      type: 'object',
      required: ['type', 'method', 'target'],
      properties: {
        type: { type: 'string', enum: ['http'] },
        method: { type: 'string' },
        target: { type: 'string', example: 'https://api.github.com/repos/acme/x?page=2' },
        body: {
          type: 'object',
          required: ['media_type', 'bytes', 'text'],
          properties: {
            media_type: { type: 'string' },
            bytes: { type: 'integer', minimum: 0 },
            text: { type: 'string' },
          },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
    {
      type: 'object',
      required: ['type', 'server', 'tool', 'arguments'],
      properties: {
        type: { type: 'string', enum: ['tool'] },
        server: { type: 'string' },
        tool: { type: 'string' },
        arguments: { type: 'object', additionalProperties: true },
      },
      additionalProperties: false,
    },
  ],
}
