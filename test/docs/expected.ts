/**
 * Whether an output is what a document says. `…` stands for anything within a line, a line of `…`
 * alone for any number of lines; blanks at the ends of lines do not count.
 */
export function isAsTold(output: string, told: string): boolean {
  return patternOf(told).test(`${plain(output)}\n`)
}

function patternOf(told: string): RegExp {
  const lines = plain(told)
    .split('\n')
    .map((line) =>
      line.trim() === '…' ? '(?:[^\\n]*\\n)*' : `${line.split('…').map(quoted).join('[^\\n]*')}\\n`,
    )
  return new RegExp(`^${lines.join('')}$`)
}

function plain(text: string): string {
  return text.trim().replaceAll(/[ \t]+$/gm, '')
}

function quoted(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
