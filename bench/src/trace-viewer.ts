import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createTraceStore, type Span } from '@switchyard/trace'
import { createSource, loadPage, openViewer } from '@switchyard/trace-viewer'
import { chromium, type Page } from 'playwright-core'
import { type BenchCase, limitCase } from './lib/bench.ts'

const SPANS = 100_000
const RUNS = 10_000
const LANES = ['ops', 'release', 'deploy', 'chain', 'docker']

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')

/** One run: steps of ten calls, each of which reads nine files. */
function* spansOf(run: number, count: number, beganMs: number): Generator<Span> {
  const shared = { traceId: hex(run, 32), kind: 'internal', attributes: {} } as const
  const totalMs = count * 0.5
  yield { ...shared, spanId: hex(1, 16), name: `run ${run}`, lane: 'cli', startMs: beganMs, durationMs: totalMs }
  for (let i = 1; i < count; i++) {
    const level = i % 100 === 1 ? 1 : i % 10 === 2 ? 2 : 3
    const parent = level === 1 ? 1 : level === 2 ? i - (i % 100) + 2 : i - ((i + 8) % 10) + 1
    const startMs = beganMs + (i / count) * totalMs
    yield {
      ...shared,
      spanId: hex(i + 1, 16),
      parentSpanId: hex(Math.min(parent, i), 16),
      name: ['', 'step', 'call', 'read file'][level]!,
      lane: LANES[(i >> 4) % LANES.length]!,
      startMs,
      durationMs: 50 / level ** 2,
      ...(i % 997 === 0 && { error: { type: 'TIMEOUT' } }),
    }
  }
}

/** The page in Debian's Chromium, over a workspace with these spans. */
async function openPage(spans: Iterable<Span>) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-viewer-'))
  const traces = createTraceStore({ path: join(folder, 'trace.db') })
  let added = 0
  for (const span of spans) {
    traces.add(span)
    if (++added % 5_000 === 0) await traces.flush()
  }
  await traces.flush()
  const source = createSource({
    traces,
    bus: { durable: undefined, breakers: () => [] },
    logs: () => [],
    chain: () => Promise.reject(new Error('there is none')),
    state: async () => ({ list: () => [], read: async () => ({}), history: () => [] }),
    reader: 'person',
    version: '0.0.0',
  })
  const viewer = await openViewer({ source, page: await loadPage() })
  const folders = (process.env.PATH ?? '').split(delimiter)
  const executablePath = folders.map((one) => join(one, 'chromium')).find((path) => existsSync(path))
  if (executablePath === undefined) throw new Error('Cannot measure the page as Chromium must be installed: apt-get install chromium')
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] })
  return {
    page: await browser.newPage({ viewport: { width: 1280, height: 800 } }),
    address: viewer.address,
    async close() {
      await browser.close()
      await viewer.close()
      await traces.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** From the address to the first row that can be read. */
async function openMs(page: Page, address: string, row: string): Promise<number> {
  await page.goto('about:blank')
  const began = performance.now()
  await page.goto(address)
  await page.locator(row).first().waitFor()
  return performance.now() - began
}

const waterfall = (address: string): string => `${address}#/run/${hex(1, 32)}/waterfall`
const beganMs = (): number => Date.now() - 3_600_000

/** Milliseconds a frame while the list moves by half its height at every frame. */
const SCROLLING = `(async () => {
  const list = document.querySelector('[role=treegrid]')
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  await frame()
  const began = performance.now()
  let count = 0
  for (; performance.now() - began < 2_000; count++) {
    list.scrollTop += list.clientHeight / 2
    await frame()
  }
  return (performance.now() - began) / count
})()`

export const viewerCases: readonly BenchCase[] = [
  limitCase({
    case: 'open a trace of 100,000 spans in Chromium',
    unit: 'ms',
    allowed: 1_500,
    rounds: 5,
    async setup() {
      const { page, address, close } = await openPage(spansOf(1, SPANS, beganMs()))
      return { measure: () => openMs(page, waterfall(address), '.span-row'), close }
    },
  }),
  limitCase({
    case: 'scroll 100,000 spans by half a page a frame',
    unit: 'ms a frame',
    allowed: 20,
    rounds: 5,
    async setup() {
      const { page, address, close } = await openPage(spansOf(1, SPANS, beganMs()))
      await openMs(page, waterfall(address), '.span-row')
      return { measure: async () => Number(await page.evaluate(SCROLLING)), close }
    },
  }),
  limitCase({
    case: 'open a list of 10,000 runs in Chromium',
    unit: 'ms',
    allowed: 1_500,
    rounds: 5,
    async setup() {
      const runs = Array.from({ length: RUNS }, (_, run) => [...spansOf(run + 1, 2, beganMs() - run * 1_000)])
      const { page, address, close } = await openPage(runs.flat())
      return { measure: () => openMs(page, address, '.rows .run-row'), close }
    },
  }),
]
