import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pageBroken, pageMissing } from './errors.ts'
import type { PageFiles } from './page-html.ts'

// Both lie beside `src`, `dist` and the bundle of the command alike.
const SOURCES = new URL('../../page/', import.meta.url)
const BUILT = new URL('../../trace-page/', import.meta.url)

/**
 * The page as it was published, or in a checkout as its sources are now: built at the first use after a change, which takes a second.
 * @throws PAGE_MISSING, PAGE_BROKEN
 */
export async function loadPage(): Promise<PageFiles> {
  const builder = new URL('build.ts', SOURCES)
  if (!existsSync(builder)) return readPage(fileURLToPath(BUILT))
  try {
    const { buildPage } = (await import(builder.href)) as { buildPage(): Promise<PageFiles> }
    return await buildPage()
  } catch (cause) {
    throw pageBroken(cause)
  }
}

function readPage(folder: string): PageFiles {
  try {
    return { script: readFileSync(join(folder, 'page.js'), 'utf8'), style: readFileSync(join(folder, 'page.css'), 'utf8') }
  } catch (cause) {
    throw pageMissing(folder, cause)
  }
}
