/** A cell or a word as code; an empty one stays empty. */
export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``
}

/** Several words as code, with commas between. */
export function codes(words: readonly string[]): string {
  return words.map(code).join(', ')
}

/** A number as people read it. */
export function number(value: number): string {
  return value.toLocaleString('en')
}

/** A table with a head; a bar inside a cell is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`.replaceAll('|  |', '| |')
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}

/** One page: a title, what it is made from, and its parts with an empty line between. */
export function page(title: string, from: string, ...parts: readonly string[]): string {
  const note = `<!-- Written by \`npm run reference\` from ${from}. Change it there. -->`
  return `${[`# ${title}`, note, ...parts.filter((part) => part !== '')].join('\n\n')}\n`
}
