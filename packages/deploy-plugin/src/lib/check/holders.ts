import type { Host } from '../hosts/host.ts'
import type { Listening } from './facts.ts'

/** Who holds a port. */
export interface PortHolder {
  readonly port: number
  readonly address: string
  /** Undefined where it may not be seen, as for another user's process. */
  readonly process:
    | { readonly pid: number; readonly program: string; readonly commandLine: string; readonly unit: string | undefined }
    | undefined
}

/** Looks through every process's open files for the sockets that are named by their inodes. */
const SCRIPT = `
for process in /proc/[0-9]*; do
  files=$(ls -l "$process/fd" 2>/dev/null) || continue
  for inode in "$@"; do
    case "$files" in
      *"socket:[$inode]"*)
        echo "== $inode \${process#/proc/}"
        cat "$process/comm" 2>/dev/null
        tr '\\0\\n' '  ' < "$process/cmdline" 2>/dev/null; echo
        grep -o '[^/]*\\.service' "$process/cgroup" 2>/dev/null | tail -n 1
        ;;
    esac
  done
done
exit 0
`

/** Who listens where, of what `readFacts` saw; a socket that several processes share is told once. */
export async function findHolders(
  host: Host,
  held: readonly Listening[],
  { signal }: { signal?: AbortSignal } = {},
): Promise<readonly PortHolder[]> {
  if (held.length === 0) return []
  const inodes = [...new Set(held.map(({ inode }) => inode))]
  const { stdout } = await host.run(['sh', '-c', SCRIPT, 'sh', ...inodes], { timeoutMs: 15_000, ...(signal !== undefined && { signal }) })
  const byInode = new Map<string, PortHolder['process']>()
  for (const part of stdout.split(/^== /m).slice(1)) {
    const [head = '', program = '', commandLine = '', unit = ''] = part.split('\n')
    const [inode = '', pid = ''] = head.split(' ')
    // The first is the oldest: what it started may share the socket with it.
    if (byInode.has(inode)) continue
    byInode.set(inode, {
      pid: Number(pid),
      program: program.trim(),
      commandLine: commandLine.trim().slice(0, 300),
      unit: unit.trim() === '' ? undefined : unit.trim(),
    })
  }
  return held.map(({ port, address, inode }) => ({ port, address, process: byInode.get(inode) }))
}
