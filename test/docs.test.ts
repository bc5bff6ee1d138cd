import { execFile } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)

/** Blocks are run where they find our packages, from sources; `ts ignore` marks a fragment that cannot run alone. */
const FOLDER = resolve('test/.docs')
const PAGES = [...globSync('*.md'), ...globSync('docs/**/*.md'), ...globSync('packages/*/*.md')]

const blocks = PAGES.flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match, index) => ({
    page,
    number: index + 1,
    code: match[1]!,
  })),
)

beforeAll(() => mkdirSync(FOLDER, { recursive: true }))
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

describe('the pages', () => {
  it('hold code', () => {
    expect(blocks.length).toBeGreaterThan(1)
  })

  it.for(blocks.map((block) => [`${block.page}, block ${block.number}`, block] as const))('run: %s', async ([name, { code }]) => {
    const file = join(FOLDER, `${name.replaceAll(/\W+/g, '-')}.ts`)
    writeFileSync(file, code)
    // Somewhere else, as a page may write to `.switchyard`.
    const cwd = mkdtempSync(join(tmpdir(), 'docs-'))
    const args = ['--conditions=@switchyard/source', '--unhandled-rejections=strict', file]
    await run(process.execPath, args, { cwd, timeout: 15_000 }).finally(() => rmSync(cwd, { recursive: true }))
  })

  it('link to files that are there', () => {
    const broken = PAGES.flatMap((page) =>
      [...prose(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
        .map((match) => match[1]!)
        .filter((target) => !existsSync(join(dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    )
    expect(broken).toEqual([])
  })
})

/** A page without its blocks of code. */
function prose(page: string): string {
  return readFileSync(page, 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '')
}
