import type { Document } from './document.ts'

interface Media {
  readonly schema?: unknown
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, unknown>>
}

type Operation = {
  readonly operationId?: string
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly security?: readonly Readonly<Record<string, unknown>>[]
  readonly parameters?: readonly {
    readonly name?: string
    readonly in?: string
    readonly required?: boolean
    readonly schema?: unknown
  }[]
  readonly requestBody?: { readonly content?: Readonly<Record<string, Media>> }
  readonly responses?: Readonly<
    Record<
      string,
      { readonly description?: string; readonly content?: Readonly<Record<string, Media>> }
    >
  >
}

interface Listed {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

/** The page loads its own style and nothing else; it has no script at all. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'none'"

/** The style of the page, for both light and dark. */
export const PAGE_STYLE = `:root{color-scheme:light dark;--line:#8886;--soft:#8882}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{background:var(--soft);overflow-x:auto;padding:.75rem;border-radius:.4rem}
nav ul{columns:14rem;padding-left:1.2rem}
article{border-top:1px solid var(--line);padding:.5rem 0}
h3 code{overflow-wrap:anywhere}
dt{font-weight:600}
dd{margin:0 0 .5rem 1rem}
summary{cursor:pointer}
`

/**
 * The document as one page of plain HTML: every address with who may ask, what it takes and what it
 * answers, each with an example, then every schema and refusal. Found with the browser's own
 * search; nothing of it is loaded.
 */
export function documentPage(document: Document): string {
  const listed = operationsOf(document)
  const tags = [...new Set(listed.map(({ operation }) => operation.tags?.[0] ?? ''))].sort()
  const schemas = Object.entries(document.components?.schemas ?? {})
  const { title, description = '' } = document.info
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${text(title)}: the API</title><link rel="stylesheet" href="/docs/style.css"></head>`,
    `<body><header><h1>${text(title)}</h1><p>${text(description)}</p>`,
    '<p>The same for programs: <a href="/openapi.yaml">openapi.yaml</a>, ',
    '<a href="/openapi.json">openapi.json</a>.</p></header>',
    `<nav aria-label="Subjects"><ul>${tags.map(tagLink).join('')}</ul></nav><main>`,
    ...tags.map((tag) => {
      const own = listed.filter(({ operation }) => (operation.tags?.[0] ?? '') === tag)
      const heading = `<h2>${text(tag)}</h2>`
      return `<section id="${text(tag)}">${heading}${own.map(article).join('')}</section>`
    }),
    '<section id="schemas"><h2>Schemas</h2>',
    ...schemas.map(([name, schema]) => {
      return `<article id="schema-${text(name)}"><h3>${text(name)}</h3>${shown(schema)}</article>`
    }),
    '</section><section id="examples"><h2>Refusals</h2>',
    ...Object.entries(document.components?.examples ?? {}).map(([name, told]) => {
      const { summary = '', value } = told as { summary?: string; value?: unknown }
      const title = `<h3><code>${text(name)}</code></h3><p>${text(summary)}</p>`
      const whole = folded('example', written(value))
      return `<article id="example-${text(name)}">${title}${whole}</article>`
    }),
    '</section></main></body></html>',
  ].join('\n')
}

function operationsOf(document: Document): readonly Listed[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Readonly<Record<string, Operation>>).map(([method, operation]) => {
      return { method, path, operation }
    }),
  )
}

function tagLink(tag: string): string {
  return `<li><a href="#${text(tag)}">${text(tag)}</a></li>`
}

function article({ method, path, operation }: Listed): string {
  const { operationId = '', summary = '', description, parameters = [], requestBody } = operation
  const schemes = (operation.security ?? []).flatMap((scheme) => Object.keys(scheme))
  return [
    `<article id="${text(operationId)}">`,
    `<h3><code>${method.toUpperCase()} ${text(path)}</code></h3><p>${text(summary)}.</p>`,
    description === undefined ? '' : `<p>${text(description)}</p>`,
    `<p>Proof: ${schemes.length === 0 ? 'none' : schemes.map(text).join(' or ')}.</p>`,
    parameters.length === 0 ? '' : `<h4>Parameters</h4><dl>${parameters.map(told).join('')}</dl>`,
    ...Object.entries(requestBody?.content ?? {}).map(([type, media]) => {
      return `<h4>Body, <code>${text(type)}</code></h4>${shown(media.schema)}${example(media)}`
    }),
    `<h4>Answers</h4><dl>${Object.entries(operation.responses ?? {})
      .map(answer)
      .join('')}</dl>`,
    '</article>',
  ].join('')
}

function told({
  name = '',
  in: place = '',
  required,
  schema,
}: NonNullable<Operation['parameters']>[number]): string {
  const needed = required === true ? ', needed' : ''
  return `<dt><code>${text(name)}</code></dt><dd>in ${text(place)}${needed} ${shown(schema)}</dd>`
}

function answer([status, { description = '', content = {} }]: readonly [
  string,
  NonNullable<Operation['responses']>[string],
]): string {
  const types = Object.entries(content).map(([type, media]) => {
    return `<p><code>${text(type)}</code></p>${shown(media.schema)}${example(media)}`
  })
  return `<dt>${text(status)}</dt><dd>${text(description)}${types.join('')}</dd>`
}

/** The example of a body, closed; that of a refusal is a link to it. */
function example({ example, examples = {} }: Media): string {
  const links = Object.keys(examples).map((name) => {
    return `<p>Example: <a href="#example-${text(name)}">${text(name)}</a></p>`
  })
  if (example === undefined) return links.join('')
  return folded('example', typeof example === 'string' ? example : written(example))
}

const REFERENCE = '#/components/schemas/'

/** A named schema is a link to it; another stands where it is. */
function shown(schema: unknown): string {
  const name = referenceOf(schema)
  if (name !== undefined) return `<p><a href="#schema-${text(name)}">${text(name)}</a></p>`
  return folded('schema', written(schema ?? {}))
}

function written(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
}

function folded(title: string, whole: string): string {
  return `<details><summary>${title}</summary><pre tabindex="0">${text(whole)}</pre></details>`
}

function referenceOf(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null || !('$ref' in schema)) return undefined
  const { $ref } = schema
  return typeof $ref === 'string' ? $ref.slice(REFERENCE.length) : undefined
}

function text(raw: string): string {
  return raw
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
