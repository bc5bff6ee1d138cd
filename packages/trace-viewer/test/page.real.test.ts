import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { exportedOf } from '../src/lib/exported.ts'
import { loadPage } from '../src/lib/page-files.ts'
import { pageHtml } from '../src/lib/page-html.ts'
import { openViewer, type Viewer } from '../src/lib/viewer.ts'
import { launchChromium, takePicture } from './browser.ts'
import { bigTrace, deploy, manyRuns, spansOf, traceIdOf } from './sample-spans.ts'
import { openSampleWorkspace, RUNS, type SampleWorkspace } from './workspace.ts'

const TIMES = { open: 1_500, frames: 50 }

let browser: Browser
let workspace: SampleWorkspace
let viewer: Viewer
const contexts: BrowserContext[] = []

beforeAll(async () => {
  workspace = await openSampleWorkspace()
  viewer = await openViewer({ source: workspace.source, page: await loadPage() })
  browser = await launchChromium()
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await viewer?.close()
  await workspace?.[Symbol.asyncDispose]()
})

afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close()
})

/** What a page says that nobody wants to read: errors, and what its own rules forbid. */
const complaintsOf = new WeakMap<Page, string[]>()

async function open(hash: string, { closesItself = false }: { closesItself?: boolean } = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' })
  if (!closesItself) contexts.push(context)
  const page = await context.newPage()
  const complaints: string[] = []
  complaintsOf.set(page, complaints)
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()))
  page.on('request', (request) => request.url().startsWith(viewer.address) || complaints.push(`asked for ${request.url()}`))
  await page.goto(`${viewer.address}${hash}`)
  return page
}

/** The rules of axe that another theme can break. */
const ABOUT_COLORS = ['color-contrast', 'link-in-text-block']

/** What axe finds wrong with what is shown; of colours alone where nothing else changed. */
async function violations(page: Page, only?: readonly string[]): Promise<string[]> {
  // What the page's rules forbid a tester has to bring in through the debugger.
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(axe.source)
  return page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> }
    }
    const found = await axe.run({ resultTypes: ['violations'], ...(rules !== undefined && { runOnly: { type: 'rule', values: rules } }) })
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
    )
  }, only)
}

const FAILED = `#/run/${RUNS.failed}`
const PLACES = [
  ['runs', '#/runs', '.rows .run-row'],
  ['waterfall', `${FAILED}/waterfall?span=0000000000000016`, '.detail h3'],
  ['lanes', `${FAILED}/lanes`, '.lane'],
  ['decision', `${FAILED}/decision`, '.candidates'],
  ['chain', `${FAILED}/chain`, '.box'],
  ['logs', `${FAILED}/logs`, '.logs'],
  ['compare', `${FAILED}/compare`, '.pair-row'],
  ['bus', '#/bus', '.data'],
  ['breakers', '#/breakers', '.band'],
  ['letters', '#/letters', '.letter'],
  ['state', '#/state', '.namespace'],
] as const

// First, as later tests send letters and add runs.
describe('every place of the page', { concurrent: true }, () => {
  // Each waits for Chromium most of the time.
  it.for(PLACES)('has nothing that axe minds in light and dark, and fits 360 px: %s', async ([name, hash, ready], { expect }) => {
    const page = await open(hash, { closesItself: true })
    for (const [width, height] of [
      [1280, 800],
      [360, 740],
    ] as const) {
      await page.setViewportSize({ width, height })
      await page.locator(ready).first().waitFor()
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
      for (const theme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: theme })
        await page.locator(`html[data-theme=${theme}]`).waitFor({ state: 'attached' })
        expect(await violations(page, theme === 'dark' ? ABOUT_COLORS : undefined), `${width} px, ${theme}`).toEqual([])
        await takePicture(page, `${name}-${width}-${theme}`)
      }
    }
    expect(complaintsOf.get(page)).toEqual([])
    await page.context().close()
  })
})

describe('the page', () => {
  it('finds a failed run, and shows why it failed and what was undone', async () => {
    const page = await open('')
    await page.locator('.run-row', { hasText: 'HEALTH_GATE' }).locator('a').click()
    await page.locator('h1', { hasText: 'check the api' }).waitFor()
    expect(await page.locator('.run-name').innerText()).toMatch(/undone\s+HEALTH_GATE/)
    expect(await page.locator('[role=row]', { hasText: 'undo release' }).innerText()).toContain('620 ms')
    await page.locator('.span-row', { hasText: 'undo build' }).waitFor()
    expect(await page.locator('.span-row .is-waiting').count()).toBeGreaterThan(0)

    await page.keyboard.press('e')
    await page.keyboard.press('Enter')
    await page.locator('.detail').getByRole('button', { name: 'wait for /healthz' }).click()
    await page.locator('.detail h2', { hasText: 'wait for /healthz' }).waitFor()
    const detail = await page.locator('.detail').innerText()
    expect(detail).toContain('GET /healthz answered 503')
    expect(detail).toContain('tries 6')
    expect(page.url()).toContain('span=0000000000000016')
    await page.keyboard.press('Escape')
    await page.locator('.detail').waitFor({ state: 'detached' })
    expect(complaintsOf.get(page)).toEqual([])
  })

  it('follows a running chain live, without being asked again', async () => {
    const page = await open('')
    await page.locator('.live:not(.is-off)').waitFor()
    const began = Date.now() - 4_000
    const whole = spansOf(40, began, { ...deploy({ chainId: 'chain-live' }), name: 'deploy live' })
    const { durationMs: _, ...root } = whole[0]!
    await workspace.add([{ ...root, attributes: { ...root.attributes, 'switchyard.outcome': 'running' } }, ...whole.slice(1, 9)])
    const row = page.locator('.run-row', { hasText: 'deploy live' })
    await row.locator('.is-running').first().waitFor()
    await row.locator('a').click()
    await page.locator('.span-row').nth(8).waitFor()
    expect(await page.locator('.span-row').count()).toBe(9)
    await takePicture(page, 'live-1280-light')
    await workspace.add(whole.slice(9, 15))
    await page.locator('.span-row').nth(14).waitFor()
    expect(await page.locator('.run-name .is-running').count()).toBe(1)
    await workspace.add([...whole.slice(15), whole[0]!])
    await page.locator('.run-name .is-done').waitFor()
    expect(await page.locator('.span-row').count()).toBe(whole.length)
    expect(complaintsOf.get(page)).toEqual([])
  })

  it('compares a run with the last one that went well', async () => {
    const page = await open(FAILED)
    await page.getByRole('tab', { name: 'Compare' }).click()
    await page.locator('.pair-row', { hasText: 'switch upstream' }).waitFor()
    const told = await page.locator('.compare .bar').innerText()
    expect(told).toMatch(/\+2\.48 s/)
    expect(told).toContain('failed, and did not before')
    expect(await page.locator('.pair-row.is-missing').innerText()).toContain('switch upstream')
    await page.locator('.pair-row', { hasText: 'wait for /healthz' }).locator('a').click()
    await page.locator('.detail h2', { hasText: 'wait for /healthz' }).waitFor()
  })

  it('sends a dead letter again, which is delivered, and shows none of its secrets', async () => {
    const page = await open('#/letters')
    const letter = page.locator('.letter', { hasText: 'deploy/finished' })
    await letter.locator('summary').click()
    expect(await letter.innerText()).not.toContain('sk-very-secret')
    expect(workspace.delivered).toEqual([])
    await letter.getByRole('button', { name: 'Send again' }).click()
    await page.getByText('Every message found somebody').waitFor()
    await expect.poll(() => workspace.delivered, { timeout: 20_000 }).toMatchObject([{ service: 'api' }])
    expect(complaintsOf.get(page)).toEqual([])
  })

  it('is worked with keys alone, and says which', async () => {
    const page = await open('')
    await page.locator('.rows .run-row').first().waitFor()
    await page.keyboard.press('?')
    await page.locator('dialog[open]').waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.keyboard.press('/')
    await page.keyboard.type('undone')
    await page.keyboard.press('Enter')
    await page.locator('.is-active a:focus').waitFor()
    await page.keyboard.press('Enter')
    await page.locator('.span-row').first().waitFor()
    for (const key of ['ArrowDown', 'ArrowLeft']) await page.keyboard.press(key)
    await page.locator('.span-row[aria-expanded=false]').waitFor()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('x')
    await page.locator('.chip[aria-pressed=true]', { hasText: 'critical path' }).waitFor()
    await page.keyboard.press('d')
    await page.locator('.candidates').first().waitFor()
    expect(await page.locator('.candidates').first().innerText()).toContain('ops.health.scan taken')
    await page.keyboard.press('t')
    await page.locator('html[data-theme=dark]').waitFor({ state: 'attached' })
    await page.keyboard.press('u')
    await page.locator('.runs').waitFor()
  })

  it('is the same in a file that asks for nothing', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'switchyard-export-'))
    try {
      const file = join(dir, 'run.html')
      writeFileSync(file, pageHtml(await loadPage(), await exportedOf(workspace.source, RUNS.failed)))
      const context = await browser.newContext()
      contexts.push(context)
      const page = await context.newPage()
      const asked: string[] = []
      page.on('request', (request) => asked.push(request.url()))
      page.on('pageerror', ({ message }) => asked.push(message))
      page.on('console', (line) => line.type() === 'error' && asked.push(line.text()))
      await page.goto(pathToFileURL(file).href)
      await page.locator('.span-row', { hasText: 'undo release' }).waitFor()
      await page.locator('.span-row', { hasText: 'wait for /healthz' }).click()
      await page.locator('.detail', { hasText: 'answered 503' }).waitFor()
      for (const [key, ready] of [
        ['d', '.candidates'],
        ['c', '.box'],
        ['o', '.logs'],
        ['p', '.pair-row'],
      ] as const) {
        await page.keyboard.press(key)
        await page.locator(ready).first().waitFor()
      }
      expect(asked).toEqual([pathToFileURL(file).href])
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })
})

describe('the page with much to show', () => {
  it(`opens 100,000 spans in ${TIMES.open} ms and scrolls them at ${TIMES.frames} frames a second`, async () => {
    await workspace.add(bigTrace(100_000, 500, workspace.nowMs - 7_200_000))
    const told: string[] = []
    for (let turn = 0; turn < 5; turn++) {
      const page = await open('#/state')
      await page.locator('.namespace').waitFor()
      const before = busyness()
      const began = performance.now()
      await page.goto('about:blank')
      await page.goto(`${viewer.address}#/run/${traceIdOf(500)}/waterfall`)
      await page.locator('.span-row').first().waitFor()
      const tookMs = performance.now() - began
      const frames = await framesOfScrolling(page)
      const busy = Math.max(before, busyness())
      if (turn === 0) await takePicture(page, 'big-1280-light')
      await page.context().close()
      told.push(`opened in ${Math.round(tookMs)} ms, ${Math.round(frames)} frames/s, ${busy.toFixed(1)} programs a core`)
      if (tookMs < TIMES.open * busy && frames * busy >= TIMES.frames) return
    }
    expect.fail(told.join('; '))
  })

  it('filters 10,000 runs as fast as one types', async () => {
    await workspace.add([...manyRuns(10_000, workspace.nowMs, 50_000)].flat())
    const page = await open('')
    await page.locator('.rows .run-row').nth(10).waitFor()
    const began = performance.now()
    await page.getByRole('searchbox').fill('failed plugin:deploy >5s')
    await page.locator('.found', { hasText: / of / }).waitFor()
    const tookMs = performance.now() - began
    const told = await page.locator('.found').innerText()
    const [, found = '0'] = /^([\d,]+) of 10,000 runs$/.exec(told) ?? []
    expect(Number(found.replace(',', '')), told).toBeGreaterThan(20)
    for (const row of await page.locator('.rows .run-row').all())
      expect(await row.innerText()).toMatch(/failed[\s\S]*(TIMEOUT|CIRCUIT_OPEN)/)
    expect(await page.locator('.rows .run-row').count()).toBeLessThan(100)
    expect(tookMs).toBeLessThan(1_000)
    await page.locator('.run-duration button').click()
    await page.locator('[aria-sort=descending]', { hasText: 'Duration' }).waitFor()
    await takePicture(page, 'many-1280-light')
    expect(complaintsOf.get(page)).toEqual([])
  })
})

/** How many programs share a core now: how much longer than its own time a bit of work takes. What is measured means little without it. */
function busyness(): number {
  const [began, used] = [performance.now(), process.cpuUsage()]
  let sum = 0
  while (performance.now() - began < 150) sum += Math.sqrt(sum + 1)
  const { user, system } = process.cpuUsage(used)
  return Math.max(1, ((performance.now() - began) * 1_000) / (user + system))
}

/** Frames a second while the list moves by half its height at every frame. */
async function framesOfScrolling(page: Page): Promise<number> {
  const frames: unknown = await page.evaluate(`(async () => {
    const list = document.querySelector('[role=treegrid]')
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    await frame()
    const began = performance.now()
    let count = 0
    while (performance.now() - began < 2_000) {
      list.scrollTop += list.clientHeight / 2
      await frame()
      count++
    }
    return (count * 1_000) / (performance.now() - began)
  })()`)
  return Number(frames)
}
