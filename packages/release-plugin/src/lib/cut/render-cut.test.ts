import { expect, it } from 'vitest'
import { renderCut, renderCuts } from './render-cut.ts'
import type { CutFacts } from './view.ts'

const cut: CutFacts = {
  cut: 'cut-1',
  state: 'open',
  project: '/shop',
  version: '1.1.0',
  releases: [{ name: 'shop', version: '1.1.0', tag: 'v1.1.0' }],
  begun: '2026-11-21T10:00:00.000Z',
  branch: 'main',
  commit: '31e3ff2d0c',
  files: Array.from({ length: 30 }, (_, index) => `packages/part-${index}/package.json`),
  pushed: 'maybe',
  published: [{ step: 'npm shop', state: 'yes', url: 'https://example.com/shop' }],
  next: 'switchyard release resume, or switchyard release undo',
}

it('renderCut() says what stands, what nobody knows and what to type, in 80 columns', () => {
  const text = renderCut(cut)
  expect(text).toBe(`v1.1.0 is under way, or ended half-way

Begun    2026-11-21 10:00:00 UTC as cut-1
Files    packages/part-0/package.json and 29 more
Commit   31e3ff2 on main
Pushed   nobody knows
Publish  npm shop: yes https://example.com/shop

→ switchyard release resume, or switchyard release undo`)
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
})

it('renderCut() names no commit of what was taken back, and no control character of a tag reaches the terminal', () => {
  const text = renderCut({ ...cut, state: 'undone', releases: [{ name: 'x', version: '1.0.0', tag: 'v1\u001b[31m' }] })
  expect(text).toBe('v1\\u{1b}[31m was taken back\n\nBegun    2026-11-21 10:00:00 UTC as cut-1')
})

it('renderCuts() lists several by day, each with what to type next', () => {
  expect(renderCuts([cut, { ...cut, state: 'done', pushed: 'yes', next: null }])).toBe(
    `2026-11-21  v1.1.0 is under way, or ended half-way, pushed: nobody knows
            → switchyard release resume, or switchyard release undo
2026-11-21  v1.1.0 is cut, pushed: yes`,
  )
  expect(renderCuts([])).toContain('switchyard release plan')
})
