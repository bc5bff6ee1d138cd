import type { CommandRef } from '@switchyard/plugin-kit'
import { openStore } from '@switchyard/store'
import { describe, expect, it } from 'vitest'
import { chainReference, createChains, defineChain, drawChain, libraryText, mermaidOf, parseChain } from '../index.ts'

const build: CommandRef<{ env: string }, { version: string; files: { path: string }[] }> = { id: 'app.build' }
const deploy: CommandRef<{ version: string; first: string; note?: string }, { url: string }> = { id: 'app.deploy' }

const release = defineChain('release', { input: { env: { type: 'string', enum: ['dev', 'prod'] } } }, (chain) => {
  const built = chain.call('build', build, { env: chain.input.env })
  const deployed = chain.call(
    'deploy',
    deploy,
    { version: built.version, first: built.files[0]!.path, note: `of ${built.version}` },
    { timeout: '5m' },
  )
  // @ts-expect-error a number is no version
  if (Math.random() > 2) chain.call('wrong', deploy, { version: 5, first: '' })
  // @ts-expect-error there is no such output
  if (Math.random() > 2) chain.call('wrong', deploy, { version: built.vesion, first: '' })
  return { url: deployed.url }
})

describe('defineChain()', () => {
  it('makes the data that a file would hold', () => {
    expect(release).toEqual({
      name: 'release',
      input: { env: { type: 'string', enum: ['dev', 'prod'] } },
      steps: [
        { id: 'build', call: 'app.build', input: { env: '${{ input.env }}' } },
        {
          id: 'deploy',
          call: 'app.deploy',
          input: {
            version: '${{ steps.build.output.version }}',
            first: '${{ steps.build.output.files[0].path }}',
            note: 'of ${{ steps.build.output.version }}',
          },
          timeout: '5m',
        },
      ],
      output: { url: '${{ steps.deploy.output.url }}' },
    })
  })
})

describe('chains.plan()', () => {
  it('asks each step for its plan where its input is known, says on what it depends, and does nothing', async () => {
    const store = openStore({ path: ':memory:' })
    const planned: unknown[] = []
    const chains = createChains({
      store,
      command: (id) => ({ plugin: 'app', effect: id === 'app.look' ? 'read' : 'write', idempotent: true }),
      call: () => Promise.reject(new Error('nothing may be called')),
      async plan(command, input) {
        planned.push([command, input])
        return { summary: `would ${command}`, steps: [] }
      },
    })
    expect(await chains.plan(release, { env: 'dev' })).toEqual([
      { path: 'build', does: 'calls app.build', plan: { summary: 'would app.build', steps: [] } },
      { path: 'deploy', does: 'calls app.deploy', needs: ['steps.build.output.version', 'steps.build.output.files.0.path'] },
    ])
    expect(planned).toEqual([['app.build', { env: 'dev' }]])
    expect(
      await chains.plan({
        name: 'kinds',
        steps: [
          { id: 'skipped', call: 'app.build', when: '${{ false }}' },
          { id: 'known', value: 'x' },
          { id: 'look', call: 'app.look', input: { path: '${{ steps.known.output }}' } },
          { id: 'each', forEach: ['a', 'b'], do: [{ id: 'one', call: 'app.build', input: { env: '${{ item }}' } }] },
          { id: 'pause', wait: '5m' },
          { id: 'go', ask: 'Go ${{ steps.known.output }}?' },
          { id: 'first', call: 'app.look', onError: 'fallback', fallback: [{ id: 'instead', call: 'app.build' }] },
          {
            id: 'maybe',
            when: '${{ steps.look.output.ok == true }}',
            steps: [
              { id: 'tag', value: 'v1' },
              { id: 'then', call: 'app.build', when: '${{ steps.first.output.fit }}', input: { env: 'dev' } },
            ],
            otherwise: [{ id: 'else', call: 'app.build', input: { env: '${{ steps.tag.output }}' } }],
          },
          { id: 'never', call: 'app.look', when: '${{ false }}', onError: 'fallback', fallback: [{ id: 'nor-this', call: 'app.build' }] },
        ],
      }),
    ).toEqual([
      { path: 'skipped', does: 'is skipped' },
      { path: 'look', does: 'calls app.look' },
      { path: 'each', does: 'does 2 times' },
      { path: 'each/one', does: 'calls app.build', needs: ['item'] },
      { path: 'pause', does: 'waits 5m' },
      { path: 'go', does: 'asks: Go x?' },
      { path: 'first', does: 'calls app.look' },
      { path: 'instead', does: 'calls app.build', onlyAfter: 'first', plan: { summary: 'would app.build', steps: [] } },
      {
        path: 'then',
        does: 'calls app.build',
        when: 'steps.look.output.ok == true && steps.first.output.fit',
        plan: { summary: 'would app.build', steps: [] },
      },
      { path: 'else', does: 'calls app.build', needs: ['steps.tag.output'], when: '!(steps.look.output.ok == true)' },
      { path: 'never', does: 'is skipped' },
    ])
    expect(chains.list()).toEqual([])
    store.close()
  })
})

describe('pictures', () => {
  it('hang branches, loops and fallbacks under their step', () => {
    const definition = parseChain(`name: picture
steps:
  - { id: all, mode: quorum, quorum: 1, parallel: [{ id: a, call: x.a }, { id: b, call: x.b }] }
  - { id: pick, when: "\${{ true }}", steps: [{ id: yes, value: 1 }], otherwise: [{ id: nope, value: 2 }] }
  - { id: each, forEach: [1], do: [{ id: inner, call: x.c, onError: fallback, fallback: [{ id: plan-b, value: 3 }] }] }
`)
    expect(drawChain(definition).map(({ branch, text }) => branch + text)).toEqual([
      '├─ all: parallel quorum 1',
      '│  ├─ a: x.a',
      '│  └─ b: x.b',
      '├─ pick: steps when true',
      '│  └─ yes: value',
      '│  otherwise:',
      '│  └─ nope: value',
      '└─ each: for each',
      '   └─ inner: x.c',
      '      fallback:',
      '      └─ plan-b: value',
    ])
    const mermaid = mermaidOf(definition)
    expect(mermaid).toContain('n_all --> n_a\n')
    expect(mermaid).toContain('n_pick -->|no| n_nope')
    expect(mermaid).toContain('n_each_inner -->|on failure| n_each_plan_b')
    expect(mermaid).toContain('n_each_inner -.->|again| n_each')
  })

  it('draw every chain of the library', () => {
    expect(mermaidOf(parseChain(libraryText('release-and-deploy')!)).split('\n').length).toBeGreaterThan(10)
  })
})

describe('chainReference()', () => {
  it('names every kind of step and every function', () => {
    const page = chainReference()
    for (const word of [
      '### call',
      '### parallel',
      '### forEach',
      '### repeat',
      '### wait',
      '### ask',
      '### chain',
      '`replace(text, part, by)`',
      'compensateOnFailure',
    ])
      expect(page).toContain(word)
  })
})
