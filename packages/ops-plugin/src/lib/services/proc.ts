import { readdir, readFile } from 'node:fs/promises'

/** A process as Linux tells of it. */
export interface ProcessInfo {
  readonly pid: number
  readonly commandLine: string
  readonly memoryKb: number
}

/** Undefined where there is no such process, or only its remains that nobody has collected yet. */
export async function readProcess(pid: number): Promise<ProcessInfo | undefined> {
  try {
    const [status, commandLine] = await Promise.all([readFile(`/proc/${pid}/status`, 'latin1'), readFile(`/proc/${pid}/cmdline`, 'utf8')])
    if (/^State:\s+[ZX]/m.test(status)) return undefined
    return { pid, commandLine: commandLine.replaceAll('\0', ' ').trim(), memoryKb: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) }
  } catch {
    return undefined
  }
}

/** Every process but this one whose command line holds the text. */
export async function findProcesses(text: string): Promise<readonly ProcessInfo[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.filter((pid) => pid !== process.pid).map(readProcess))
  return found.filter((info): info is ProcessInfo => info?.commandLine.includes(text) === true)
}

/** The id in a pid file; undefined where there is none to read. Process 1 is the system's and never meant. */
export async function readPidFile(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const pid = Number(/^\s*(\d{1,9})\s*$/.exec(text)?.[1] ?? Number.NaN)
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined
}

/** Linux counts these a second for programs, on every machine. */
const TICKS_A_SECOND = 100

/** When a process began, and the group that it belongs to. */
export async function readStart(pid: number): Promise<{ readonly startedMs: number; readonly group: number } | undefined> {
  const [stat, system] = await Promise.all([`/proc/${pid}/stat`, '/proc/stat'].map((path) => readFile(path, 'latin1').catch(() => '')))
  // The name, in parentheses, may hold anything.
  const fields = stat!.slice(stat!.lastIndexOf(')') + 2).split(' ')
  const bootedSeconds = Number(/^btime (\d+)/m.exec(system!)?.[1] ?? Number.NaN)
  const startedMs = (bootedSeconds + Number(fields[19]) / TICKS_A_SECOND) * 1_000
  return Number.isNaN(startedMs) ? undefined : { startedMs, group: Number(fields[2]) }
}
