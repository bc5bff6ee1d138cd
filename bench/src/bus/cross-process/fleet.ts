import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a measuring process is asked for; it answers with how many it did, or with the milliseconds of an urgent one. */
export type Measure = 'requests' | 'one-way' | 'urgent'

export const AT_ONCE = 64
export const ROUND_MS = 150

/** The processes of one side of a comparison, all on one core where the system can pin them. */
export interface Fleet {
  /** Starts a script of this folder and resolves when it says that it is ready. */
  start(script: string, ...args: string[]): Promise<ChildProcess>
  /** Starts any program. */
  spawn(program: string, ...args: string[]): ChildProcess
  /** The process's own answer. */
  ask(process: ChildProcess, what: Measure): Promise<number>
  /**
   * Processor microseconds, of all processes together, for each of what the process did. With everything on one core this is
   * what bounds the rate, and what else the machine does moves it much less than it moves the rate.
   */
  cpuMicros(process: ChildProcess, what: Measure): Promise<number>
  close(): Promise<void>
}

const canPin = process.platform === 'linux' && spawnSync('taskset', ['--version']).status === 0
const pinned: readonly string[] = canPin ? ['taskset', '-c', '0'] : []

export function createFleet(): Fleet {
  const processes: ChildProcess[] = []

  function start(command: readonly string[], withChannel: boolean): ChildProcess {
    const [program, ...args] = [...pinned, ...command]
    const child = spawn(program!, args, { stdio: withChannel ? ['ignore', 'inherit', 'inherit', 'ipc'] : ['ignore', 'ignore', 'pipe'] })
    processes.push(child)
    return child
  }

  async function ask(child: ChildProcess, what: Measure): Promise<number> {
    child.send(what)
    return Number(await answerOf(child))
  }

  return {
    async start(script, ...args) {
      const child = start([process.execPath, '--conditions=@switchyard/source', join(import.meta.dirname, script), ...args], true)
      await answerOf(child)
      return child
    },
    spawn: (program, ...args) => start([program, ...args], false),
    ask,
    async cpuMicros(child, what) {
      const before = sum(processes.map(cpuNs))
      const count = await ask(child, what)
      return (sum(processes.map(cpuNs)) - before) / 1_000 / count
    },
    async close() {
      for (const child of processes.reverse()) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      }
    },
  }
}

/** Processor time of all threads of a process so far, as the scheduler counts it. */
function cpuNs({ pid }: ChildProcess): number {
  const tasks = `/proc/${pid}/task`
  return sum(readdirSync(tasks).map((task) => Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0])))
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

async function answerOf(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController()
  const onExit = (): void => gone.abort(new Error(`Cannot measure as ${child.spawnargs.join(' ')} must run: it has ended`))
  child.once('exit', onExit)
  try {
    const [answer] = await once(child, 'message', { signal: gone.signal })
    return answer
  } catch (error) {
    throw gone.signal.aborted ? gone.signal.reason : error
  } finally {
    child.off('exit', onExit)
  }
}
