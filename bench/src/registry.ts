import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createRegistry, type ForeignSource, readSource } from '@switchyard/registry'
import { openStore } from '@switchyard/store'
import { type BenchCase, limitCase } from './lib/bench.ts'

const TOPICS = `react vue python api database deployment kubernetes accessibility testing review security documentation figma design payment
search caching queue email authentication tokens oauth graphql schemas migrations observability logging tracing billing forms routing
animation charts images video audio maps translation localization analytics experiments onboarding notifications webhooks scheduling backups
restore encryption secrets compliance licensing accounting invoices shipping inventory catalog checkout refunds support tickets chat forums
moderation spam ranking recommendations embeddings prompts evaluation training datasets labeling notebooks pipelines warehouses streaming
parsing compilers linters formatters bundlers packaging publishing releases changelogs versioning branching merging conflicts`.split(/\s+/)
const VERBS = ['builds', 'reviews', 'tests', 'plans', 'repairs', 'explains', 'designs', 'migrates', 'measures', 'documents']

const topic = (n: number): string => TOPICS[n % TOPICS.length]!

/** Descriptions that differ as those of people do: shared verbs, topics in all mixes, some words of their own. */
const describe = (n: number): string =>
  `Use this agent when ${topic(n * 7)} meets ${topic(n * 13 + 5)}. It ${VERBS[n % 10]} ${topic(n * 3 + 1)} for teams that know ${topic(n * 17 + 2)}, case${n % 500}`

function agents(count: number): ForeignSource {
  const plugins = Array.from({ length: count / 20 }, (_, plugin) => ({
    name: `plugin-${plugin}`,
    summary: `About ${topic(plugin)}`,
    keywords: [topic(plugin + 1)],
    dependencies: [],
    items: Array.from({ length: 20 }, (_, item) => {
      const n = plugin * 20 + item
      const name = `${topic(n)}-${VERBS[n % 10]}-${item}`
      return { kind: 'agent' as const, name, summary: describe(n), keywords: [topic(n * 5)], examples: [], path: `agents/${name}.md` }
    }),
  }))
  return { name: 'bench', plugins, problems: [] }
}

const QUERIES = Array.from(
  { length: 400 },
  (_, n) => `${VERBS[n % 10]} ${topic(n)} and ${topic(n * 11 + 3)} for our ${topic(n * 19 + 7)} ${n % 9 === 0 ? 'acess' : ''}`,
)

const searchLimit = (count: number, allowed: number): BenchCase =>
  limitCase({
    case: `search over ${count.toLocaleString('en-US')} agents, p95`,
    unit: 'ms',
    allowed,
    async setup() {
      const store = openStore({ path: ':memory:' })
      const registry = createRegistry({ store })
      const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
      registry.addFolder({ id: 'bench', kind: 'folder', location: folder, folder }, agents(count))
      return {
        async measure() {
          const times = QUERIES.map((text) => {
            const start = performance.now()
            registry.search({ text })
            return performance.now() - start
          })
          if (registry.search({ text: QUERIES[1]! }).length === 0) throw new Error('nothing was found')
          return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)]!
        },
        async close() {
          store.close()
          rmSync(folder, { recursive: true, force: true })
        },
      }
    },
  })

const EACH = 10
const PLUGINS = 20

/** 200 agents and 200 skills as files, half a page each. */
function writeMarketplace(dir: string): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  const page = (name: string, n: number): string =>
    `---\nname: ${name}\ndescription: ${describe(n)}\ntools: Read, Write\nmodel: sonnet\n---\n\n# ${name}\n\n${`${describe(n + 1)}. `.repeat(20)}\n`
  const listed = Array.from({ length: PLUGINS }, (_, p) => ({ name: `plugin-${p}`, source: `./plugins/plugin-${p}` }))
  write('.claude-plugin/marketplace.json', JSON.stringify({ name: 'bench', owner: { name: 'bench' }, plugins: listed }))
  for (let p = 0; p < PLUGINS; p++) {
    const root = `plugins/plugin-${p}`
    write(`${root}/.claude-plugin/plugin.json`, JSON.stringify({ name: `plugin-${p}`, version: '1.0.0', description: `About ${topic(p)}` }))
    for (let n = 0; n < EACH; n++) {
      write(`${root}/agents/agent-${n}.md`, page(`agent-${n}`, p * EACH + n))
      write(`${root}/skills/skill-${n}/SKILL.md`, page(`skill-${n}`, p * EACH + n + 7))
    }
  }
}

const add: BenchCase = limitCase({
  case: 'add of a marketplace of 200 agents and 200 skills, read, kept on disk and found',
  unit: 'ms',
  allowed: 1_000,
  async setup() {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
    writeMarketplace(join(folder, 'market'))
    let round = 0
    return {
      async measure() {
        const store = openStore({ path: join(folder, `yard-${round++}.db`) })
        const registry = createRegistry({ store })
        const market = join(folder, 'market')
        const start = performance.now()
        registry.addFolder({ id: 'bench', kind: 'folder', location: market, folder: market }, readSource(market))
        const found = registry.search({ text: 'react testing', kinds: ['agent', 'skill'] })
        const ms = performance.now() - start
        const { entries } = registry.snapshot()
        if (found.length === 0 || entries.length !== PLUGINS * (1 + 2 * EACH)) throw new Error('not all was read')
        store.close()
        return ms
      },
      close: async () => rmSync(folder, { recursive: true, force: true }),
    }
  },
})

export const registryCases: readonly BenchCase[] = [searchLimit(1_000, 1), searchLimit(10_000, 5), add]
