import { EXIT } from './lib/exit-code.ts'
import { readHost } from './lib/host.ts'
import { run } from './lib/run.ts'

// What waits goes by timers that keep no process alive, such as the pause before a step is tried again: this one does.
setInterval(() => {}, 60_000)

let unwritten: Error | undefined
const code = await run(
  readHost((error) => {
    unwritten = error
  }),
)
// Ends at once when all is written: neither a handle that a plugin forgot nor a collection of garbage is worth waiting for.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))))
if (unwritten === undefined) process.exit(code)
process.stderr.write(`✗ Cannot write the answer as where it goes must have room: ${unwritten.message}\n→ df -h\n`)
process.exit(EXIT.failed)
