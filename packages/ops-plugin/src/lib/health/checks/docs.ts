import { posix } from 'node:path'
import { type Check, type Finding, fail, warn } from '../check.ts'
import { objectAt } from '../document.ts'
import { writeArchitecture, writeLicense, writeReadme } from '../fixes.ts'
import { type Project, pathsLike } from '../project.ts'

const README = /^readme(\.(md|markdown|rst|txt|adoc))?$/i
const LICENSE = /^(licen[cs]e|copying|unlicense)(\.(md|txt|rst)|-[a-z0-9-]+(\.(md|txt))?)?$/i
const STUB_WORDS = 40

const readme: Check = {
  id: 'docs.readme',
  domain: 'docs',
  title: 'A README says what this is',
  weight: 6,
  mend: `write README.md: what it is, how to install it, one example; ${STUB_WORDS} words at least`,
  fix: writeReadme,
  applies: () => true,
  run({ snapshot }) {
    const path = [...snapshot.files.keys(), ...snapshot.links.keys()].find((candidate) => README.test(candidate))
    if (path === undefined) return [fail('there is no README')]
    const words = (snapshot.text(path) ?? '').match(/[\p{L}\p{N}]+/gu)?.length ?? 0
    return words < STUB_WORDS ? [warn(`is a stub of ${words} words`, { file: path })] : []
  },
}

const license: Check = {
  id: 'docs.license',
  domain: 'docs',
  title: 'A LICENSE file says what others may do',
  weight: 5,
  mend: 'add a LICENSE file, or mark the package private',
  fix: writeLicense,
  applies: (project) => project.kinds.size > 0 && !isKeptPrivate(project) && project.snapshot.whole,
  run({ snapshot }) {
    const paths = [...snapshot.files.keys(), ...snapshot.links.keys()]
    return paths.some((path) => LICENSE.test(path) || /^LICENSES\//.test(path)) ? [] : [fail('there is no LICENSE file')]
  },
}

/** Private and naming no licence: nobody else is meant to use it. */
function isKeptPrivate({ packages: [root], cargo, plugins }: Project): boolean {
  if (plugins.length > 0) return false
  const { license, private: isPrivate } = root?.manifest ?? {}
  return license === 'UNLICENSED' || (isPrivate === true && license === undefined) || objectAt(cargo?.value, 'package').publish === false
}

/** Longer lines are generated, and links in them nobody's. */
const MAX_LINE_CHARS = 10_000
const MARKDOWN = /\.(md|markdown)$/i
const GENERATED = /(^|\/)(node_modules|vendor|third_party|fixtures?|testdata|__snapshots__|CHANGELOG\.md$)/i

const links: Check = {
  id: 'docs.links',
  domain: 'docs',
  title: 'Links between documents lead somewhere',
  weight: 4,
  mend: 'correct the path, or remove the link',
  applies: ({ snapshot }) => pathsLike(snapshot, MARKDOWN).some((path) => !GENERATED.test(path)),
  inspect({ path, text }, { snapshot }) {
    if (!MARKDOWN.test(path) || GENERATED.test(path)) return []
    const findings: Finding[] = []
    let fence: string | undefined
    for (const [index, line] of text.split('\n').entries()) {
      if (line.length > MAX_LINE_CHARS) continue
      const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1]
      if (mark !== undefined && (fence === undefined || mark.startsWith(fence))) fence = fence === undefined ? mark : undefined
      if (fence !== undefined || mark !== undefined || /^ {4}|^\t/.test(line)) continue
      for (const target of linkTargets(line)) {
        if (leadsSomewhere(snapshot, path, target)) continue
        findings.push(warn(`links to ${target}, which is not there`, { file: path, line: index + 1 }))
      }
    }
    return findings
  },
  run: (_project, inspected) => inspected,
}

function linkTargets(line: string): string[] {
  const prose = line.replace(/(`+).*?\1/g, '')
  const targets: string[] = []
  for (const match of prose.matchAll(/\]\(\s{0,3}(?:<([^<>]{1,500})>|([^()\s<>]{1,500}))/g)) targets.push(match[1] ?? match[2] ?? '')
  const reference = /^ {0,3}\[[^\]^]{1,200}\]:\s+<?([^\s>]+)>?/.exec(prose)?.[1]
  if (reference !== undefined) targets.push(reference)
  return targets
}

function leadsSomewhere(snapshot: Project['snapshot'], from: string, target: string): boolean {
  // Addresses, anchors in the same page, names of Rust and placeholders are not paths.
  if (/^([a-z][a-z0-9+.-]*:|\/\/|#|\?)/i.test(target) || /[{}<>$*|]|::/.test(target) || target === '') return true
  const plain = decoded(target.replace(/[?#].*$/, ''))
  const isThere = (path: string): boolean =>
    path === '' || path === '.' || snapshot.has(path) || snapshot.hasFolder(path) || snapshot.has(`${path}.md`) || snapshot.ignores(path)
  // A site's root may be any folder above the page.
  if (plain.startsWith('/')) return foldersAbove(from).some((folder) => isThere(posix.join('.', folder, plain.slice(1))))
  const path = posix.normalize(posix.join(posix.dirname(from), plain))
  // What lies outside cannot be judged from here; on GitHub it often is a page such as ../../issues.
  if (path === '..' || path.startsWith('../')) return true
  // Many sites make a folder of each page, so that its neighbours lie one further up.
  return isThere(path) || (posix.extname(plain) === '' && isThere(posix.join(from.replace(/\.[^./]+$/, ''), plain)))
}

const foldersAbove = (path: string): string[] => {
  const parts = path.split('/')
  return parts.map((_, index) => parts.slice(0, index).join('/'))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const MANY_SOURCES = 100
const SOURCE = /\.([cm]?[jt]sx?|py|go|rs)$/

const architecture: Check = {
  id: 'docs.architecture',
  domain: 'docs',
  title: 'One page says how the parts hang together',
  weight: 2,
  mend: 'write ARCHITECTURE.md: the parts, what depends on what, where to start reading',
  fix: writeArchitecture,
  applies: ({ snapshot, pluginType }) => pluginType === 'full' || pathsLike(snapshot, SOURCE).length > MANY_SOURCES,
  run: ({ snapshot }) =>
    pathsLike(snapshot, /(^|\/)(architecture|design|overview)(\.[a-z-]+)?\.(md|rst|adoc)$|^docs\/(architecture|design)\//i).length > 0
      ? []
      : [warn('there is no page about how the parts hang together')],
}

export const docsChecks: readonly Check[] = [readme, license, links, architecture]
