import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type InputOptions, type OutputOptions, rolldown } from 'rolldown'
import { ROOT, VERSION } from './root.ts'

/** The `switchyard` command as its package is published, with the licences of what others wrote of it. */
export async function bundleServer(dir: string): Promise<void> {
  const cwd = join(ROOT, 'packages/cli')
  const config = (await import(pathToFileURL(join(cwd, 'rolldown.config.js')).href)) as {
    default: InputOptions & { output: OutputOptions }
  }
  const { output, ...input } = config.default
  await using bundle = await rolldown({ ...input, cwd })
  const { output: chunks } = await bundle.write({ ...output, dir: join(dir, 'dist/bundle'), minify: true, keepNames: true })
  writeFileSync(join(dir, 'NOTICES.txt'), noticesOf(chunks.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))))
  // The launcher says what an old Node lacks.
  cpSync(join(cwd, 'bin'), join(dir, 'bin'), { recursive: true })
  writeFileSync(
    join(dir, 'package.json'),
    `${JSON.stringify({ name: '@switchyard/cli', version: VERSION, type: 'module', private: true }, null, 2)}\n`,
  )
}

/** What the licences ask to be passed on: each package's name, version and licence text. */
function noticesOf(modules: readonly string[]): string {
  const packages = new Map<string, string>()
  for (const id of modules) {
    const manifest = id.includes('/node_modules/') ? findPackageJSON('.', pathToFileURL(id)) : undefined
    if (manifest === undefined) continue
    const { name, version, license } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<'name' | 'version' | 'license', string>
    if (name !== undefined) packages.set(`${name} ${version} (${license})`, dirname(manifest))
  }
  return [...packages]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, folder]) => `${title}\n\n${licenceOf(folder)}`)
    .join(`\n${'-'.repeat(80)}\n\n`)
}

function licenceOf(folder: string): string {
  const [file] = globSync('{LICENSE,LICENCE,license,licence,COPYING}*', { cwd: folder })
  return file === undefined ? '(no licence file)\n' : `${readFileSync(join(folder, file), 'utf8').trim()}\n`
}
