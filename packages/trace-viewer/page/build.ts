import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PageFiles } from '../src/lib/page-html.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const CACHE = join(PACKAGE, 'node_modules/.cache/trace-page')

/** Builds the page as its sources are now, or takes what was built of the same sources before. */
export async function buildPage(): Promise<PageFiles> {
  const key = keyOf()
  const kept = readKept(key)
  if (kept !== undefined) return kept
  const built = await build()
  keep(key, built)
  return built
}

/** Writes the page into a folder, for publishing. */
export async function writePage(folder: string): Promise<void> {
  const { script, style } = await buildPage()
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'page.js'), script)
  writeFileSync(join(folder, 'page.css'), style)
}

async function build(): Promise<PageFiles> {
  const { build } = await import('vite')
  const result = await build({
    root: HERE,
    configFile: false,
    envFile: false,
    publicDir: false,
    logLevel: 'silent',
    mode: 'production',
    build: {
      write: false,
      target: 'es2023',
      modulePreload: false,
      rolldownOptions: { input: join(HERE, 'src/main.tsx'), output: { codeSplitting: false } },
    },
  })
  const outputs = (Array.isArray(result) ? result : [result]).flatMap((one) => ('output' in one ? one.output : []))
  const script = outputs.flatMap((one) => (one.type === 'chunk' ? [one.code] : [])).join('\n')
  const style = outputs.flatMap((one) => (one.type === 'asset' && one.fileName.endsWith('.css') ? [String(one.source)] : [])).join('\n')
  return { script, style }
}

/** Of everything that the page is made of. */
function keyOf(): string {
  const hash = createHash('sha256').update(readFileSync(join(PACKAGE, 'package.json')))
  for (const folder of [join(HERE, 'src'), join(PACKAGE, 'src/model'), HERE])
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1)))
      if (entry.isFile()) hash.update(`${entry.name}\0`).update(readFileSync(join(folder, entry.name)))
  return hash.digest('hex').slice(0, 32)
}

function readKept(key: string): PageFiles | undefined {
  try {
    return JSON.parse(readFileSync(join(CACHE, `${key}.json`), 'utf8')) as PageFiles
  } catch {
    return undefined
  }
}

/** A checkout that belongs to somebody else is built anew each time. */
function keep(key: string, files: PageFiles): void {
  try {
    mkdirSync(CACHE, { recursive: true })
    const partial = join(CACHE, `${key}.${process.pid}.partial`)
    writeFileSync(partial, JSON.stringify(files))
    renameSync(partial, join(CACHE, `${key}.json`))
  } catch {}
}

if (import.meta.main) await writePage(join(PACKAGE, 'trace-page'))
