import type { CompletedCommand, ValueKind } from './table.ts'

/** A text between single quotes, as every shell here reads it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/**
 * The lines of a shell's `case` that tell what kind of value follows a flag of a command, with one
 * line for each kind. `*` stands for the flags of every command.
 */
export function valueCases(
  rows: readonly CompletedCommand[],
): readonly (readonly [ValueKind, readonly string[]])[] {
  const places: Record<ValueKind, string[]> = { file: [], folder: [], text: [] }
  for (const { words, flags } of rows) {
    for (const { name, takes } of flags) if (takes) places[takes].push(`${words} ${name}`)
  }
  return Object.entries(places) as [ValueKind, string[]][]
}

/** The commands whose arguments are of one kind. */
export function argumentCases(
  rows: readonly CompletedCommand[],
): readonly (readonly [ValueKind, readonly string[]])[] {
  return (['file', 'folder'] as const).map((kind) => [
    kind,
    rows.filter(({ takes }) => takes === kind).map(({ words }) => words),
  ])
}
