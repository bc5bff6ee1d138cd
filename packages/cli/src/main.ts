import { readHost } from './lib/host.ts'
import { run } from './lib/run.ts'

process.exitCode = await run(readHost())
