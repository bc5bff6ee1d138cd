import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'

/** A folder as a tar stream, without what its .dockerignore leaves out and without git's own. */
export function pack(folder: string): NodeJS.ReadableStream {
  const ignore = join(folder, '.dockerignore')
  const without = existsSync(ignore) ? [`--exclude-from=${ignore}`] : []
  const tar = spawn('tar', ['-C', folder, '--exclude=./.git', '--exclude=./.switchyard', ...without, '-cf', '-', '.'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  // A program's output is thrown away when it ends before somebody reads.
  const packed = tar.stdout.pipe(new PassThrough())
  tar.on('exit', (code) => {
    if (code !== 0) packed.destroy(new Error(`tar ended with ${code}`))
  })
  tar.on('error', (error) => packed.destroy(error))
  return packed
}
