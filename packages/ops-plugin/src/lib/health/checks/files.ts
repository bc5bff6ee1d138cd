import { type Check, type Finding, fail, warn } from '../check.ts'
import { pathsLike } from '../project.ts'

const MEGABYTE = 1024 * 1024
const LARGE_BYTES = 5 * MEGABYTE
const TOO_LARGE_BYTES = 50 * MEGABYTE

const large: Check = {
  id: 'files.large',
  domain: 'files',
  title: 'No file is too large for a repository',
  weight: 4,
  mend: 'move it to releases, a package or large file storage, and out of the history',
  applies: ({ snapshot }) => snapshot.files.size > 0,
  run({ snapshot }) {
    const findings: Finding[] = []
    for (const { path, bytes } of snapshot.files.values()) {
      if (bytes <= LARGE_BYTES) continue
      const judge = bytes > TOO_LARGE_BYTES ? fail : warn
      findings.push(judge(`is ${Math.round(bytes / MEGABYTE)} MB`, { file: path }))
    }
    return findings
  },
}

const links: Check = {
  id: 'files.links',
  domain: 'files',
  title: 'Symbolic links lead to something in the project',
  weight: 3,
  mend: 'point the link at a path inside the project, or replace it by the file',
  applies: ({ snapshot }) => snapshot.links.size > 0,
  run({ snapshot }) {
    const findings: Finding[] = []
    for (const { path, target, leads } of snapshot.links.values()) {
      if (leads === 'outside') findings.push(fail(`links out of the project, to ${target}`, { file: path }))
      if (leads === 'loop') findings.push(fail(`links in a circle, through ${target}`, { file: path }))
      if (leads === 'nowhere' && !snapshot.ignores(target)) findings.push(warn(`links to ${target}, which is not there`, { file: path }))
    }
    return findings
  },
}

const readable: Check = {
  id: 'files.readable',
  domain: 'files',
  title: 'Everything in the project could be looked at',
  weight: 2,
  mend: 'give the user who scans the right to read it, or have .gitignore leave it out',
  applies: () => true,
  run: ({ snapshot }) => snapshot.problems.map(({ path, problem }) => warn(problem, { file: path })),
}

const TEXT = /\.([cm]?[jt]sx?|json|md|txt|py|go|rs|toml|ya?ml|sh|css|html|sql)$/i

const encoding: Check = {
  id: 'files.encoding',
  domain: 'files',
  title: 'Text files are UTF-8',
  weight: 2,
  mend: 'save the file as UTF-8',
  applies: ({ snapshot }) => pathsLike(snapshot, TEXT).length > 0,
  inspect: ({ path, text, isUtf8 }) =>
    TEXT.test(path) && !isUtf8 ? [warn('holds bytes that are no UTF-8', { file: path, line: lineOfFirst(text, '\uFFFD') })] : [],
  run: (_project, inspected) => inspected,
}

const lineOfFirst = (text: string, char: string): number => text.slice(0, text.indexOf(char)).split('\n').length

const caseCollision: Check = {
  id: 'files.case-collision',
  domain: 'files',
  title: 'No two paths differ in case alone',
  weight: 3,
  mend: 'rename one of the two: macOS and Windows can hold only one of them',
  applies: ({ snapshot }) => snapshot.files.size > 1,
  run({ snapshot }) {
    const seen = new Map<string, string>()
    const findings: Finding[] = []
    for (const path of snapshot.files.keys()) {
      const other = seen.get(path.toLowerCase())
      if (other !== undefined) findings.push(fail(`differs from ${other} in case alone`, { file: path }))
      seen.set(path.toLowerCase(), path)
    }
    return findings
  },
}

const GENERATED = /(^|\/)(node_modules|__pycache__|\.venv|\.pytest_cache|\.mypy_cache)\/|(^|\/)(\.DS_Store|Thumbs\.db)$|\.pyc$/
const generatedPart = (path: string): string => {
  const match = GENERATED.exec(path)
  return match === null ? path : path.slice(0, match.index + match[0].length)
}

const generated: Check = {
  id: 'files.generated',
  domain: 'files',
  title: 'Nothing that is installed or generated is kept in git',
  weight: 5,
  mend: 'git rm -r --cached PATH, and a line in .gitignore',
  applies: ({ snapshot }) => snapshot.source === 'git',
  run({ snapshot }) {
    const parts = new Set(pathsLike(snapshot, GENERATED).map(generatedPart))
    return [...parts].map((part) => fail('is generated and kept in git', { file: part }))
  },
}

export const filesChecks: readonly Check[] = [large, links, readable, encoding, caseCollision, generated]
