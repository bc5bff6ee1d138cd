import { homedir } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { writeQuietly } from './pipe.ts'

/** Where text goes. */
export interface Output {
  write(text: string): void
  /** @default 80 where it is no terminal */
  readonly columns: number
  readonly color: boolean
}

/** A person's keyboard and screen. */
export interface Terminal {
  readonly input: Readable
  readonly output: Writable
}

/** Everything that the process is given, read once where it starts; nothing else looks at `process`. */
export interface Host {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly platform: NodeJS.Platform
  readonly homeDir: string
  /** The Node that runs this, absolute. */
  readonly node: string
  /** Undefined where users have no numbers. */
  readonly userId: number | undefined
  /** For the one document or text that was asked for. */
  readonly out: Output
  /** For everything else. */
  readonly err: Output
  /** The process's own streams, for a protocol that is spoken over them. */
  readonly stdio: { readonly stdin: Readable; readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream }
  /** Where a person can be asked; undefined where there is none. */
  readonly terminal: Terminal | undefined
  /** Calls back at Ctrl-C or when the process is told to end; the returned function stops listening. */
  onInterrupt(callback: () => void): () => void
  /** Ends the process at once. */
  exit(code: number): never
}

/** Who sits there, as far as the machine says; for the record of who approved something. */
export const personAt = ({ env: { USER, USERNAME } }: Pick<Host, 'env'>): string => USER || USERNAME || 'person'

/** The host of this process; told where the answer could not be written, be it that its disk is full. */
export function readHost(onUnwritten: (error: Error) => void): Host {
  const { env, platform, stdin, stdout, stderr } = process
  return {
    argv: process.argv.slice(2),
    env,
    cwd: process.cwd(),
    platform,
    homeDir: homedir(),
    node: process.execPath,
    userId: process.getuid?.(),
    out: outputTo(stdout, env, onUnwritten),
    err: outputTo(stderr, env, () => {}),
    stdio: { stdin, stdout, stderr },
    terminal: stdin.isTTY === true && stderr.isTTY === true && env.TERM !== 'dumb' ? { input: stdin, output: stderr } : undefined,
    onInterrupt(callback) {
      process.on('SIGINT', callback)
      process.on('SIGTERM', callback)
      return () => {
        process.off('SIGINT', callback)
        process.off('SIGTERM', callback)
      }
    },
    exit: (code) => process.exit(code),
  }
}

function outputTo(stream: NodeJS.WriteStream, env: Host['env'], onFailure: (error: Error) => void): Output {
  const noColor = env.NO_COLOR !== undefined && env.NO_COLOR !== ''
  return {
    write: writeQuietly(stream, onFailure),
    get columns() {
      return stream.columns || 80
    },
    color: stream.isTTY === true && !noColor && env.TERM !== 'dumb',
  }
}
