/* The worked examples R17 to R19 of routing, with the plugins that come along: the others are in packages/yard. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Decision } from '@switchyard/yard'
import { expect, it } from 'vitest'
import { makeWorkspace, runHere } from './process.ts'

async function decide(requests: readonly string[]): Promise<readonly Decision[]> {
  using workspace = makeWorkspace()
  writeFileSync(join(workspace.dir, 'batch.jsonl'), requests.map((text) => JSON.stringify({ text })).join('\n'))
  const { stdout } = await runHere(workspace.dir, ['route', '--batch', 'batch.jsonl'])
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Decision)
}

async function classified(request: string): Promise<readonly string[]> {
  using workspace = makeWorkspace()
  const { stdout } = await runHere(workspace.dir, ['route', request, '--json'])
  const { explanation } = JSON.parse(stdout) as { explanation: { classification: { domains: readonly string[] } } }
  return [...explanation.classification.domains].sort()
}

// A model of others than the plugins that come along has to be learned first, which takes seconds.
it('[R17] what nothing here does is not acted on', { timeout: 120_000 }, async () => {
  const requests = [
    'What is the weather',
    'turn on the living room lights',
    'who won the world cup in 1998',
    'how do I cook risotto for six people',
    'translate good morning into spanish',
    'order a pizza with mushrooms',
  ]
  for (const { request, outcome } of await decide(requests)) expect(outcome, request).not.toBe('routed')
})

it('[R18] a word inside another word is not that word', { timeout: 120_000 }, async () => {
  for (const request of ['Give feedback to the customer about the guide', 'a rapid author was building a sandbox to restore'])
    expect(await classified(request), request).toEqual([])
  const [feedback] = await decide(['Give feedback to the customer about the guide'])
  expect(feedback?.outcome).not.toBe('routed')
})

it('shows the points of the plugins that a request is about, and how much of it they cover', { timeout: 120_000 }, async () => {
  using workspace = makeWorkspace()
  const { stdout } = await runHere(workspace.dir, ['route', 'deploy the api to staging with docker', '--json'])
  const { explanation } = JSON.parse(stdout) as {
    explanation: { plugins: readonly { name: string; matched: readonly { points: number }[] }[] }
  }
  const [first] = explanation.plugins
  expect(first?.name).toBe('deploy')
  // A domain is worth 30, a technology 20, a pattern 15.
  expect(first?.matched).toEqual(
    expect.arrayContaining([
      { type: 'domain', value: 'devops', points: 30 },
      { type: 'context', value: 'docker', points: 20 },
      { type: 'pattern', value: 'deployment', points: 15 },
    ]),
  )
})

it('[R19] short words count', { timeout: 120_000 }, async () => {
  expect(await classified('Add JWT to API')).toEqual(['api', 'authentication'])
})
