import type { Duplex } from 'node:stream'

/** How a program ended on a host. */
export interface ProgramResult {
  /** Undefined where a signal ended it. */
  readonly exit: number | undefined
  readonly signal: string | undefined
  /** The last 256 KB of each, unless asked otherwise. */
  readonly stdout: string
  readonly stderr: string
}

/** A program has PATH, HOME and LANG of the host, and nothing else of our own environment: its variables are no place for a secret. */
export interface RunOptions {
  readonly cwd?: string
  readonly stdin?: string | Uint8Array | NodeJS.ReadableStream
  readonly signal?: AbortSignal
  /** @default 60000 */
  readonly timeoutMs?: number
  readonly maxBytes?: number
  /** Where what the program says on stdout goes instead of being kept, no faster than it is taken; it is not ended. */
  readonly stdout?: NodeJS.WritableStream
}

interface FileFacts {
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  readonly size: number
  /** Permission bits. */
  readonly mode: number
}

/**
 * A machine that something is deployed to: this one, or one over SSH. Paths are absolute and POSIX. A program is given as its
 * arguments, never as a line for a shell. What cannot be reached fails with HOST_UNREACHABLE, which may be tried again.
 */
export interface Host extends AsyncDisposable {
  /** The target's name in the configuration. */
  readonly name: string
  readonly kind: 'local' | 'ssh'
  /** For people: "this machine", or "deploy@web-1:22". */
  readonly label: string
  /** Runs a program to its end; one that cannot be started fails with PROGRAM_MISSING, one that takes too long with HOST_TIMEOUT. */
  run(argv: readonly [string, ...string[]], options?: RunOptions): Promise<ProgramResult>
  /** Undefined where there is none. */
  readFile(path: string): Promise<Buffer | undefined>
  /** Whole or not at all, also after a crash; folders above it must be there. `exclusive`: false where the file was there already. */
  writeFile(path: string, bytes: string | Uint8Array, options?: { mode?: number; exclusive?: boolean }): Promise<boolean>
  /** No error where there is none. */
  removeFile(path: string): Promise<void>
  /** A folder and all in it; no error where there is none. */
  removeFolder(path: string): Promise<void>
  /** With those above it. */
  makeFolder(path: string, mode?: number): Promise<void>
  /** Names, sorted; empty where there is no such folder. */
  list(path: string): Promise<string[]>
  facts(path: string): Promise<FileFacts | undefined>
  /** A symbolic link, in the place of one that may be there already, without a moment in which there is none. */
  link(to: string, path: string): Promise<void>
  /** Where a link leads, as it is written; undefined where there is no link. */
  readLink(path: string): Promise<string | undefined>
  rename(from: string, to: string): Promise<void>
  /** A connection to a Unix socket of the host. */
  connectSocket(path: string): Promise<Duplex>
  /** A connection to a port as the host sees it. */
  connectPort(port: number, address?: string): Promise<Duplex>
}
