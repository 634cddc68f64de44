import type { Output } from './output.ts'

const QUIET_MS = 300
const FRAME_MS = 100
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** Where work stands; `total` when it is known. */
export type Report = (done: number, total?: number) => void

/** What progress is drawn to; the terminal of this process unless told otherwise. */
export interface Screen {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/**
 * Does the work, and after 300 ms says on a terminal's stderr that it goes on, with a count where
 * the work reports one. Nothing is left on the screen, and nothing is drawn into a pipe.
 */
export async function withProgress<T>(
  { paint }: Pick<Output, 'paint'>,
  label: string,
  work: (report: Report) => Promise<T>,
  screen: Screen = process.stderr,
): Promise<T> {
  if (screen.isTTY !== true || process.env['TERM'] === 'dumb') return work(() => undefined)
  const begun = Date.now()
  let count = ''
  let frame = 0
  const timer = setInterval(() => {
    if (Date.now() - begun < QUIET_MS) return
    const mark = FRAMES[frame % FRAMES.length] ?? ''
    frame += 1
    screen.write(`\r\u001b[2K${paint('dim', mark)} ${label}${count}`)
  }, FRAME_MS)
  try {
    return await work((done, total) => {
      count = `  ${countText(done, total)}`
    })
  } finally {
    clearInterval(timer)
    if (frame > 0) screen.write('\r\u001b[2K')
  }
}

function countText(done: number, total: number | undefined): string {
  const number = (value: number) => value.toLocaleString('en')
  if (total === undefined || total === 0) return number(done)
  return `${number(done)} of ${number(total)} (${Math.floor((100 * done) / total)} %)`
}
