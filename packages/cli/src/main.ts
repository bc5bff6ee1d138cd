import { readHost } from './lib/host.ts'
import { run } from './lib/run.ts'

const code = await run(readHost())
// Ends at once when all is written: neither a handle that a plugin forgot nor a collection of garbage is worth waiting for.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))))
process.exit(code)
