import type { MeasuredProcess } from './measure.ts'
import { readExe, readHost, readStat } from './proc-files.ts'

/** What became of a process that was measured. */
export type ProcessState = 'runs' | 'ended' | 'changed' | 'unknown'

/** Looks at processes that were measured on this machine. */
export interface ProcessWatch {
  /** Names this machine and boot, as `MeasuredProcess.host` does. */
  readonly host: string
  look(process: Pick<MeasuredProcess, 'pid' | 'startTime' | 'exe'>): Promise<ProcessState>
}

/**
 * Watches processes by their start time, since Node has no pidfd (CDPX-06): a pid that is used
 * again has another. `changed`: it runs another file than the one that was hashed. `unknown`: it
 * can not be looked at.
 */
export async function watchProcesses(): Promise<ProcessWatch> {
  return {
    host: await readHost(),
    async look({ pid, startTime, exe }) {
      try {
        const now = await readStat(pid)
        if (now === undefined || now.state === 'Z' || now.state === 'X') return 'ended'
        if (String(now.startTime) !== startTime) return 'ended'
        return (await readExe(pid)).key === exe ? 'runs' : 'changed'
      } catch {
        return 'unknown'
      }
    },
  }
}
