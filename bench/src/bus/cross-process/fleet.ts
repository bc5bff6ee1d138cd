import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** What a measuring process is asked for; it answers with the figure. */
export type Measure = 'requests' | 'one-way' | 'urgent'

export const AT_ONCE = 64
export const ROUND_MS = 250

/** The processes of one side of a comparison, all on one core where the system can pin them. */
export interface Fleet {
  /** Starts a script of this folder and resolves when it says that it is ready. */
  start(script: string, ...args: string[]): Promise<ChildProcess>
  /** Starts any program. */
  spawn(program: string, ...args: string[]): ChildProcess
  measure(process: ChildProcess, what: Measure): Promise<number>
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

  return {
    async start(script, ...args) {
      const child = start([process.execPath, '--conditions=@switchyard/source', join(import.meta.dirname, script), ...args], true)
      await answerOf(child)
      return child
    },
    spawn: (program, ...args) => start([program, ...args], false),
    async measure(child, what) {
      child.send(what)
      return Number(await answerOf(child))
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
