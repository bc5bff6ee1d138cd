import { posix } from 'node:path'
import { isObject, isText, objectAt } from './document.ts'
import { editJson, lineEndOf } from './edit.ts'
import type { Edit, Fix } from './fix.ts'
import type { Project } from './project.ts'
import type { Snapshot } from './snapshot.ts'

// Fixes of what every kind of project has. Those of Claude Code plugins are in claude-fixes.ts.

/** The lines that findings such as ".gitignore does not keep out dist/" name. */
export const addIgnoreLines: Fix = {
  id: 'gitignore-lines',
  summary: 'adds the missing lines to .gitignore',
  edits({ snapshot }, findings) {
    const missing = findings.flatMap(({ note }) => /(?:keep out|it needs) (.+)$/.exec(note)?.[1]?.split(', ') ?? [])
    const before = snapshot.text('.gitignore') ?? ''
    if (missing.length === 0) return []
    const eol = lineEndOf(before)
    return [{ path: '.gitignore', text: `${before}${before === '' || before.endsWith('\n') ? '' : eol}${missing.join(eol)}${eol}` }]
  },
}

export const setStrict: Fix = {
  id: 'tsconfig-strict',
  summary: 'sets "strict" in the tsconfig.json that leaves it out or switches it off',
  edits: ({ snapshot }, findings) =>
    findings.flatMap(({ file, status }) =>
      file === undefined || status !== 'warn' ? [] : editJson(snapshot, file, [[['compilerOptions', 'strict'], true]]),
    ),
}

export const completeManifest: Fix = {
  id: 'manifest-fields',
  summary:
    'adds what package.json leaves out and the project itself tells: module type, licence of the LICENSE file, test script, description of the README',
  edits: ({ snapshot, packages }, findings) =>
    packages.flatMap(({ document, manifest }) => {
      if (!findings.some(({ file, status }) => file === document.path && status === 'warn')) return []
      const changes: [string[], unknown][] = []
      const type = moduleTypeOf(snapshot, document.path)
      if (manifest.type === undefined && type !== undefined) changes.push([['type'], type])
      const license = licenseOf(snapshot)
      if (manifest.license === undefined && license !== undefined) changes.push([['license'], license])
      if (manifest.scripts === undefined && testCommand({ snapshot, packages }) !== undefined)
        changes.push([['scripts'], { test: testCommand({ snapshot, packages }) }])
      if (manifest.description === undefined) {
        const description = firstSentence(snapshot.text(posix.join(posix.dirname(document.path), 'README.md')))
        if (description !== undefined) changes.push([['description'], description])
      }
      return editJson(snapshot, document.path, changes)
    }),
}

/**
 * What Node takes the files beside a manifest for without being told, by what they hold. Where only one that says nothing would
 * leave all of them as they are read now, by Node, a compiler or a bundler, it is undefined.
 */
function moduleTypeOf(snapshot: Snapshot, manifest: string): 'module' | 'commonjs' | undefined {
  const folder = posix.dirname(manifest)
  const prefix = folder === '.' ? '' : `${folder}/`
  const sources = [...snapshot.files.keys()].filter((path) => path.startsWith(prefix) && /\.([jt]sx?)$/.test(path))
  if (sources.length === 0 || sources.length > MAX_SOURCES_READ || sources.some((path) => /\.tsx?$/.test(path))) return undefined
  const texts = sources.map((path) => snapshot.text(path) ?? '')
  const hasImports = texts.some((text) => /^\s*(import\b|export\b)/m.test(text))
  const hasRequires = texts.some((text) => /\brequire\(|\bmodule\.exports\b|\bexports\.\w/.test(text))
  if (hasImports === hasRequires) return undefined
  return hasImports ? 'module' : 'commonjs'
}

const MAX_SOURCES_READ = 500

function licenseOf(snapshot: Snapshot): string | undefined {
  const path = [...snapshot.files.keys()].find((file) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(file))
  const text = path === undefined ? '' : (snapshot.text(path) ?? '')
  if (/\bMIT License\b|Permission is hereby granted, free of charge/i.test(text)) return 'MIT'
  if (/Apache License\s+Version 2\.0/i.test(text)) return 'Apache-2.0'
  if (/Permission to use, copy, modify, and\/or distribute/i.test(text)) return 'ISC'
  return undefined
}

function firstSentence(readme: string | undefined): string | undefined {
  const paragraph = (readme ?? '')
    .split(/\n\s*\n/)
    .map((text) => text.trim())
    .find((text) => /^[A-Z][\p{L}\p{N} ,;:'’()-]{20,}\./u.test(text))
  return paragraph?.replace(/\s+/g, ' ').match(/^(.{20,200}?)\.(\s|$)/)?.[1]
}

export const addTestScript: Fix = {
  id: 'test-script',
  summary: 'adds the "test" script of the test runner that the project depends on',
  edits(project) {
    const command = testCommand(project)
    return command === undefined ? [] : editJson(project.snapshot, 'package.json', [[['scripts', 'test'], command]])
  },
}

function testCommand({ snapshot, packages: [root] }: Pick<Project, 'snapshot' | 'packages'>): string | undefined {
  const names = new Set(['dependencies', 'devDependencies'].flatMap((group) => Object.keys(objectAt(root?.manifest, group))))
  if (names.has('vitest')) return 'vitest run'
  if (names.has('jest')) return 'jest'
  if (names.has('mocha')) return 'mocha'
  if (names.has('ava')) return 'ava'
  const usesNode = [...snapshot.files.keys()].some(
    (path) => /[.-]test\.[cm]?[jt]s$/.test(path) && /['"]node:test['"]/.test(snapshot.text(path) ?? ''),
  )
  return usesNode ? 'node --test' : undefined
}

export const addBuildScript: Fix = {
  id: 'build-script',
  summary: 'adds a "build" script that runs the TypeScript compiler',
  edits: ({ snapshot }, findings) =>
    findings.flatMap(({ file = 'package.json' }) => {
      const config = ['tsconfig.build.json', 'tsconfig.json'].find((name) => snapshot.has(posix.join(posix.dirname(file), name)))
      return config === undefined
        ? []
        : editJson(snapshot, file, [[['scripts', 'build'], config === 'tsconfig.json' ? 'tsc' : `tsc -p ${config}`]])
    }),
}

export const addTypecheckScript: Fix = {
  id: 'typecheck-script',
  summary: 'adds a "typecheck" script that runs tsc --noEmit',
  edits: ({ snapshot }) => editJson(snapshot, 'package.json', [[['scripts', 'typecheck'], 'tsc --noEmit']]),
}

export const declareRuntime: Fix = {
  id: 'engines',
  summary: 'declares engines.node as .nvmrc, .node-version or @types/node say',
  edits({ snapshot, packages: [root] }) {
    const version = ['.nvmrc', '.node-version'].map((path) => /^\s*v?(\d+(?:\.\d+)*)\s*$/.exec(snapshot.text(path) ?? '')?.[1]).find(isText)
    const types = ['dependencies', 'devDependencies'].map((group) => objectAt(root?.manifest, group)['@types/node']).find(isText)
    const found = version ?? /(\d+)/.exec(types ?? '')?.[1]
    return root === undefined || found === undefined ? [] : editJson(snapshot, root.document.path, [[['engines', 'node'], `>=${found}`]])
  },
}

export const writeReadme: Fix = {
  id: 'readme',
  summary: 'writes a README of what the manifest and the folders tell, where there is none',
  edits(project) {
    const { snapshot } = project
    if ([...snapshot.files.keys(), ...snapshot.links.keys()].some((path) => /^readme\b/i.test(path))) return []
    const manifest = manifestOf(project)
    const lines = [`# ${manifest.name}`, '']
    if (manifest.description !== undefined) lines.push(manifest.description, '')
    lines.push(...scriptLines(project), ...folderLines(snapshot))
    lines.push(
      '## Contributing',
      '',
      'Open an issue before a large change, keep each change small, and run the tests before you send it.',
      '',
    )
    return [{ path: 'README.md', text: lines.join('\n') }]
  },
}

function manifestOf({ packages: [root], cargo, pyproject, goMod, plugins, snapshot }: Project): { name: string; description?: string } {
  const tables = [root?.manifest, plugins[0]?.manifest, objectAt(cargo?.value, 'package'), objectAt(pyproject?.value, 'project')]
  const name = tables.map((table) => table?.name).find(isText) ?? /^module\s+(\S+)/m.exec(goMod ?? '')?.[1] ?? snapshot.name
  const description = tables.map((table) => table?.description).find(isText)
  return { name, ...(description !== undefined && { description }) }
}

const SET_UP: readonly (readonly [kind: string, command: string])[] = [
  ['node', 'npm install'],
  ['python', 'pip install -e .'],
  ['go', 'go build ./...'],
  ['rust', 'cargo build'],
]

function scriptLines({ kinds, packages: [root] }: Project): string[] {
  const lines = SET_UP.flatMap(([kind, command]) => ([...kinds].includes(kind as never) ? [command] : []))
  if (lines.length === 0) return []
  const scripts = Object.keys(objectAt(root?.manifest, 'scripts')).filter((name) => /^(build|test|check|start|dev|lint)$/.test(name))
  return ['## Set up', '', '```sh', ...lines, ...scripts.map((name) => `npm run ${name}`), '```', '']
}

function folderLines(snapshot: Snapshot): string[] {
  const counts = new Map<string, number>()
  for (const path of snapshot.files.keys()) {
    const [top = '', ...rest] = path.split('/')
    if (rest.length > 0 && !top.startsWith('.')) counts.set(top, (counts.get(top) ?? 0) + 1)
  }
  if (counts.size === 0) return []
  const rows = [...counts].map(([folder, count]) => `| \`${folder}/\` | ${count} file${count === 1 ? '' : 's'} |`)
  return ['## Where things are', '', '| Folder | Holds |', '|---|---|', ...rows, '']
}

export const writeArchitecture: Fix = {
  id: 'architecture-page',
  summary: 'writes ARCHITECTURE.md of the packages and what each depends on, or of the folders',
  edits(project) {
    const { snapshot, packages } = project
    const names = new Set(packages.map(({ name }) => name))
    const rows = packages.slice(1).map(({ name, folder, manifest }) => {
      const uses = ['dependencies', 'peerDependencies']
        .flatMap((group) => Object.keys(objectAt(manifest, group)))
        .filter((one) => names.has(one))
      return `| \`${folder}\` | ${isText(manifest.description) ? manifest.description : name} | ${uses.join(', ') || 'nothing here'} |`
    })
    const parts = rows.length > 0 ? ['| Package | What it is | Uses |', '|---|---|---|', ...rows, ''] : folderLines(snapshot).slice(2)
    const text = ['# Architecture', '', `How the parts of ${manifestOf(project).name} hang together.`, '', ...parts].join('\n')
    return [{ path: 'ARCHITECTURE.md', text: `${text.trimEnd()}\n` }]
  },
}

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`

export const writeLicense: Fix = {
  id: 'license-file',
  summary: 'writes the LICENSE file where the manifest says MIT and names an author',
  edits({ packages: [root], plugins: [plugin] }): readonly Edit[] {
    const said = [root?.manifest, plugin?.manifest].find((manifest) => manifest?.license === 'MIT')
    const author: unknown = said?.author
    const name = isObject(author) ? author.name : author
    if (!isText(name)) return []
    return [{ path: 'LICENSE', text: `MIT License\n\nCopyright (c) ${name.replace(/\s*[<(].*$/, '')}\n\n${MIT}` }]
  },
}

const INTERPRETERS: Readonly<Record<string, string>> = {
  '.sh': '#!/bin/sh',
  '.bash': '#!/usr/bin/env bash',
  '.py': '#!/usr/bin/env python3',
  '.js': '#!/usr/bin/env node',
  '.mjs': '#!/usr/bin/env node',
  '.cjs': '#!/usr/bin/env node',
  '.rb': '#!/usr/bin/env ruby',
}

/** A page or picture that is executable by mistake loses the bit; a program gets its first line. What has no ending may be either. */
export const sayInterpreter: Fix = {
  id: 'interpreter-line',
  summary: 'begins a script with the #! line of its ending, and takes the executable bit away from what is no script',
  edits: ({ snapshot }, findings) =>
    findings.flatMap(({ file = '' }): readonly Edit[] => {
      const text = snapshot.text(file)
      if (text === undefined || posix.extname(file) === '') return []
      const line = INTERPRETERS[posix.extname(file)]
      return [line === undefined ? { path: file, text, executable: false } : { path: file, text: `${line}\n${text}` }]
    }),
}
