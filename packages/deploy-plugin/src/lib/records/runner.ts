import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { z } from 'zod'

/** A process, told apart from whatever has its number later or elsewhere. */
export const runner = z.object({
  machine: z.string(),
  boot: z.string(),
  /** In which its number counts: containers of one machine have their own. */
  space: z.string(),
  pid: z.number(),
  /** When it began, in the kernel's own count: numbers are used again. */
  started: z.string(),
})
export type Runner = z.output<typeof runner>

/** Whether a process still runs; `elsewhere` where only its own machine or container can tell. */
export type RunnerState = 'alive' | 'dead' | 'elsewhere'

export const runnerHere = (): Runner => ({ ...placeHere(), boot: bootHere(), pid: process.pid, started: startOf(process.pid) ?? '' })

export function runnerState({ machine, boot, space, pid, started }: Runner): RunnerState {
  const here = placeHere()
  if (machine !== here.machine) return 'elsewhere'
  if (boot !== bootHere()) return 'dead'
  if (space !== here.space) return 'elsewhere'
  return startOf(pid) === started ? 'alive' : 'dead'
}

const placeHere = (): Pick<Runner, 'machine' | 'space'> => ({
  machine: orElse(hostname(), () => readFileSync('/etc/machine-id', 'utf8').trim()),
  space: orElse('', () => readlinkSync('/proc/self/ns/pid')),
})
const bootHere = (): string => orElse('boot', () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())

/** The 22nd field of /proc/PID/stat, counted after the name, which may hold anything; "?" where nothing counts but that it runs. */
function startOf(pid: number): string | undefined {
  const stat = orElse('', () => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  if (stat !== '') return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  try {
    process.kill(pid, 0)
    return '?'
  } catch {
    return undefined
  }
}

function orElse(otherwise: string, read: () => string): string {
  try {
    return read() || otherwise
  } catch {
    return otherwise
  }
}
