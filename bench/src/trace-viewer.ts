import { loadPage, openViewer } from '@switchyard/trace-viewer'
import { launchChromium, type Page } from '../../packages/trace-viewer/test/browser.ts'
import { bigTrace, manyRuns, traceIdOf } from '../../packages/trace-viewer/test/sample-spans.ts'
import { openSampleWorkspace } from '../../packages/trace-viewer/test/workspace.ts'
import { type BenchCase, limitCase } from './lib/bench.ts'

const SPANS = 100_000
const RUNS = 10_000
const BIG = 500

/** The page in Debian's Chromium, over a workspace with one trace of so many spans or with so many runs. */
async function openPage(fill: (workspace: Awaited<ReturnType<typeof openSampleWorkspace>>) => Promise<void>) {
  const workspace = await openSampleWorkspace()
  await fill(workspace)
  const viewer = await openViewer({ source: workspace.source, page: await loadPage() })
  const browser = await launchChromium()
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  return {
    page,
    address: viewer.address,
    async close() {
      await browser.close()
      await viewer.close()
      await workspace[Symbol.asyncDispose]()
    },
  }
}

const openBig = () => openPage(({ add, nowMs }) => add(bigTrace(SPANS, BIG, nowMs - 7_200_000)))

/** From the address to the first row that can be read. */
async function openMs(page: Page, address: string, row: string): Promise<number> {
  await page.goto('about:blank')
  const began = performance.now()
  await page.goto(address)
  await page.locator(row).first().waitFor()
  return performance.now() - began
}

export const viewerCases: readonly BenchCase[] = [
  limitCase({
    case: `open a trace of ${SPANS.toLocaleString('en')} spans in Chromium`,
    unit: 'ms',
    allowed: 1_500,
    rounds: 5,
    async setup() {
      const { page, address, close } = await openBig()
      return { measure: () => openMs(page, `${address}#/run/${traceIdOf(BIG)}/waterfall`, '.span-row'), close }
    },
  }),
  limitCase({
    case: `scroll ${SPANS.toLocaleString('en')} spans by half a page a frame`,
    unit: 'ms a frame',
    allowed: 20,
    rounds: 5,
    async setup() {
      const { page, address, close } = await openBig()
      await openMs(page, `${address}#/run/${traceIdOf(BIG)}/waterfall`, '.span-row')
      return {
        measure: async () =>
          Number(
            await page.evaluate(`(async () => {
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
            })()`),
          ),
        close,
      }
    },
  }),
  limitCase({
    case: `open a list of ${RUNS.toLocaleString('en')} runs in Chromium`,
    unit: 'ms',
    allowed: 1_500,
    rounds: 5,
    async setup() {
      const { page, address, close } = await openPage(({ add, nowMs }) => add([...manyRuns(RUNS, nowMs, 50_000)].flat()))
      return { measure: () => openMs(page, address, '.rows .run-row'), close }
    },
  }),
]
