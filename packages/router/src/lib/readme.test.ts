import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('the README example prints what it says', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const [, code = ''] = /```ts\n(.*?)```/s.exec(readme) ?? []
  const { explain, route, trainRouter } = await import('../index.ts')
  const printed: unknown[] = []
  const body = code.replace(/^import .*$/m, '')
  new Function('explain', 'route', 'trainRouter', 'console', body)(explain, route, trainRouter, {
    log: (...all: unknown[]) => printed.push(all),
  })
  expect(printed).toEqual([
    [expect.stringMatching(/^(act|ask)$/), 'ops.service.restart', expect.any(Number)],
    [[expect.objectContaining({ text: 'restrat', as: 'restart' })]],
    ['abstain'],
  ])
})
