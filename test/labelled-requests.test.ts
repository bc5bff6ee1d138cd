import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import deploy from '../packages/deploy-plugin/src/index.ts'
import ops from '../packages/ops-plugin/src/index.ts'
import type { Plugin } from '../packages/plugin-kit/src/index.ts'
import release from '../packages/release-plugin/src/index.ts'
import { BACKGROUND } from '../packages/router/src/lib/background.ts'
import { openYard } from '../packages/yard/src/index.ts'
import compound from '../packages/yard/src/lib/eval/compound.json' with { type: 'json' }
import outside from '../packages/yard/src/lib/eval/outside.json' with { type: 'json' }

/** What weights are made from. */
const FITTED = new URL('../scripts/fit/requests/', import.meta.url)

const plugins: readonly Plugin[] = [ops, release, deploy]
const own = (await Promise.all(plugins.map(({ requests }) => requests?.() ?? []))).flat()
const none = [...outside.far, ...outside.near]
const measured = [...own.map(({ text }) => text), ...compound.map(({ text }) => text), ...none]
const fitted = readdirSync(FITTED).flatMap((file) =>
  readFileSync(new URL(file, FITTED), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text),
)
const learned = [
  ...fitted,
  ...plugins.flatMap(({ commands }) => Object.values(commands).flatMap(({ examples }) => examples)),
  ...BACKGROUND,
]

const FILLERS = new Set('a an the our my your this that here now please'.split(' '))

/** What a text says, whatever its order, its case and its fillers. */
const wordsOf = (text: string): string =>
  (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text])
    .filter((word) => !FILLERS.has(word))
    .sort()
    .join(' ')

describe('the requests that our own plugins are measured by', () => {
  it('are three hundred at least, of which a third is nothing that any plugin does, and half of those near misses', () => {
    expect(measured.length).toBeGreaterThanOrEqual(300)
    expect(none.length / measured.length).toBeGreaterThanOrEqual(1 / 3)
    expect(outside.near.length / none.length).toBeGreaterThanOrEqual(1 / 2)
  })

  it('are each there once', () => {
    expect(measured.filter((text, i) => measured.indexOf(text) !== i)).toEqual([])
  })

  it('are no sentences that the router learns from, in whatever order their words are', () => {
    const sentences = new Set(learned.map(wordsOf))
    expect(measured.filter((text) => sentences.has(wordsOf(text)))).toEqual([])
  })

  it('are given arguments that their commands take, but for what is to be asked for and what a part before returns', {
    timeout: 60_000,
  }, async () => {
    const model = new URL('../packages/cli/built-in-model.bin', import.meta.url)
    await using yard = await openYard(tmpdir(), { plugins, memory: true, learned: () => readFileSync(model) })
    const unfit = measured.flatMap((request) =>
      yard.decide(request).parts.flatMap(({ command, args }) => {
        const said = Object.entries(args).filter(([, { value }]) => !String(value).startsWith('${{'))
        const input = Object.fromEntries(said.map(([name, { value }]) => [name, value]))
        const [, plugin, name] = /^(\w+)\.(.+)$/.exec(command) ?? []
        const fits = plugins.find((one) => one.name === plugin)!.commands[name!]!.input.safeParse(input)
        const wrong = fits.success ? [] : fits.error.issues.filter(({ path }) => Object.hasOwn(input, String(path[0])))
        return wrong.map(({ path, message }) => `${request}: ${command} ${path.join('.')}: ${message}`)
      }),
    )
    expect(unfit).toEqual([])
  })
})
