import { Writable } from 'node:stream'

/**
 * Takes a process's stdout for the protocol alone: whatever else is written there from now on, such as a plugin's `console.log`, goes
 * to stderr. A program that a plugin starts with stdio "inherit" still writes past this.
 */
export function claimStdout(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Writable {
  const write = stdout.write.bind(stdout)
  stdout.write = stderr.write.bind(stderr)
  const output = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, encoding, callback) {
      if (typeof chunk === 'string') write(chunk, encoding, callback)
      else write(chunk, callback)
    },
  })
  stdout.on('error', (error) => output.destroy(error))
  return output
}
