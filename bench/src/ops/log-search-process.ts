// Searches a log as a process of its own would, and prints the most memory that it took, in MB.
import ops from '@switchyard/ops-plugin'
import { openYard } from '@switchyard/yard'

const [dir = '.', path = '', text = ''] = process.argv.slice(2)
const yard = await openYard(dir, { plugins: [ops], memory: true })
await yard.call('ops.logs', { path: [path], text })
await yard.close()
console.log(Math.round(process.resourceUsage().maxRSS / 1_024))
