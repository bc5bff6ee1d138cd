// npm run bench [-- NAME] [--json] [--rounds N] [--case TEXT]: compares with peers side by side in one process run.
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { type BenchCase, type BenchRow, runCase } from './lib/bench.ts'

const BENCHES: Readonly<Record<string, () => Promise<readonly BenchCase[]>>> = {
  state: async () => (await import('./state.ts')).stateCases,
  cli: async () => (await import('./cli.ts')).cliCases,
  yard: async () => (await import('./yard.ts')).yardCases,
  bus: async () => (await import('./bus/cases.ts')).busCases,
  trace: async () => [...(await import('./trace.ts')).traceCases, ...(await import('./trace-viewer.ts')).viewerCases],
  chain: async () => (await import('./chain.ts')).chainCases,
  mcp: async () => (await import('./mcp/cases.ts')).mcpCases,
  router: async () => (await import('./router.ts')).routerCases,
  release: async () => (await import('./release.ts')).releaseCases,
  ops: async () => (await import('./ops.ts')).opsCases,
  deploy: async () => (await import('./deploy.ts')).deployCases,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    case: { type: 'string' },
  },
})

const names = positionals.length > 0 ? positionals : Object.keys(BENCHES)
const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.versions.node}, ${process.platform} ${process.arch}`
let below = 0
for (const name of names) {
  const load = BENCHES[name]
  if (load === undefined) {
    console.error(`Cannot run bench "${name}" as it must be one of: ${Object.keys(BENCHES).join(', ')}`)
    process.exit(2)
  }
  const rows: BenchRow[] = []
  const cases = (await load()).filter((bench) => values.case === undefined || bench.case.includes(values.case))
  if (!values.json) console.log(`${name}: ${machine}, medians of ${values.rounds} rounds\n`)
  for (const bench of cases) {
    const row = await runCase(bench, Number(values.rounds))
    rows.push(row)
    if (row.ratio < row.floor) below++
    if (values.json) continue
    console.log(describeRow(row))
    if (bench.show !== undefined) console.log(await bench.show())
  }
  if (values.json) console.log(JSON.stringify({ name, machine, rows }))
}
process.exit(below === 0 ? 0 : 1)

function describeRow(row: BenchRow): string {
  const verdict = row.ratio >= row.floor ? 'ok   ' : 'BELOW'
  const figures = `${figure(row.ours)} against ${figure(row.peer)} ${row.unit} (${row.peerName})`
  return `${verdict} ${row.ratio.toFixed(2).padStart(7)} of ${row.floor}  ${row.case}: ${figures}`
}

function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3)
}
