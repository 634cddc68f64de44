import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as demo from '../../examples/demo/free-ports.ts'

/** Takes as many ports of 127.0.0.1; nobody else in this test run gets one of them. */
export function freePorts(count: number): Promise<readonly number[]> {
  const folder = join(tmpdir(), 'writ-ports')
  mkdirSync(folder, { recursive: true })
  return demo.freePorts(count, (port) => isFirst(join(folder, String(port))))
}

/** Takes one. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}

function isFirst(file: string): boolean {
  try {
    writeFileSync(file, '', { flag: 'wx' })
    return true
  } catch {
    return false
  }
}
