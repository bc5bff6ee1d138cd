import { type Check, type Finding, fail, HARD_CAP, unknown, warn } from '../check.ts'
import { isText, objectAt } from '../document.ts'
import type { ScriptRun } from '../facts.ts'
import { addBuildScript, addTestScript, addTypecheckScript, sayInterpreter } from '../fixes.ts'
import { type Kind, type Project, pathsLike } from '../project.ts'
import { SETTINGS_FILE } from '../settings.ts'

const LANGUAGES: readonly { kind: Kind; source: RegExp; tests: RegExp; testsInSource?: RegExp }[] = [
  {
    kind: 'node',
    source: /(?<!\.config|\.d)\.[cm]?[jt]sx?$/,
    tests:
      /(^|\/)(__tests__|tests?|spec|e2e)\/.*\.[cm]?[jt]sx?$|[.-](test|spec)\.[cm]?[jt]sx?$|(^|\/)test\.[cm]?[jt]s$|(^|\/)tests?\/.*\.(sh|bats)$/,
  },
  { kind: 'python', source: /\.py$/, tests: /(^|\/)(test_[^/]*|[^/]*_test|tests)\.py$|(^|\/)tests?\/.*\.py$/ },
  { kind: 'go', source: /\.go$/, tests: /_test\.go$/ },
  { kind: 'rust', source: /\.rs$/, tests: /(^|\/)tests\/.*\.rs$/, testsInSource: /#\[(cfg\(test\)|test|tokio::test)/ },
]

const testsExist: Check = {
  id: 'quality.tests-exist',
  domain: 'quality',
  title: 'There are tests',
  weight: 8,
  mend: 'write one test for what matters most, in the place where the language looks for it',
  applies: (project) => languagesWithSource(project).length > 0,
  inspect: ({ path, text }) =>
    path.endsWith('.rs') && LANGUAGES.some(({ testsInSource }) => testsInSource?.test(text))
      ? [warn('has tests inside', { file: path })]
      : [],
  run: (project, inspected) =>
    languagesWithSource(project).flatMap(({ kind, tests }) => {
      if (kind === 'rust' && inspected.length > 0) return []
      return pathsLike(project.snapshot, tests).length > 0 ? [] : [fail(`${kind} sources and no test file`)]
    }),
}

function languagesWithSource({ kinds, snapshot }: Project): typeof LANGUAGES {
  return LANGUAGES.filter(({ kind, source }) => kinds.has(kind) && pathsLike(snapshot, source).length > 0)
}

const testScript: Check = {
  id: 'quality.test-script',
  domain: 'quality',
  title: '`npm test` runs the tests',
  weight: 6,
  mend: 'add a "test" script to package.json',
  fix: addTestScript,
  applies: ({ packages: [root] }) => root !== undefined,
  run({ packages: [root] }) {
    const script = objectAt(root?.manifest, 'scripts').test
    const place = { file: 'package.json', line: root?.document.lineOf('scripts', 'test') }
    if (!isText(script)) return [fail('has no test script', place)]
    return /no test specified/.test(script) || /^\s*(exit 0|true|echo [^&|;]*)\s*$/.test(script)
      ? [fail('its test script tests nothing', place)]
      : []
  },
}

const buildScript: Check = {
  id: 'quality.build-script',
  domain: 'quality',
  title: 'What is published compiled has a script that compiles it',
  weight: 3,
  mend: 'add a "build" script to package.json',
  fix: addBuildScript,
  applies: ({ kinds, packages }) => kinds.has('typescript') && packages.some(isPublishedCompiled),
  run: ({ packages }) =>
    packages.filter(isPublishedCompiled).flatMap(({ document, manifest }) => {
      const scripts = objectAt(manifest, 'scripts')
      return isText(scripts.build) || isText(scripts.prepare) || isText(scripts.prepack)
        ? []
        : [warn('publishes compiled files and has no build script', { file: document.path, line: document.lineOf('scripts') })]
    }),
}

const isPublishedCompiled = ({ manifest }: Project['packages'][number]): boolean =>
  manifest.private !== true && /\b(dist|lib|build|out)\//.test(JSON.stringify([manifest.main, manifest.exports, manifest.bin]))

const typecheckScript: Check = {
  id: 'quality.typecheck-script',
  domain: 'quality',
  title: 'A script checks the types',
  weight: 3,
  mend: 'add a script that runs tsc --noEmit',
  fix: addTypecheckScript,
  applies: ({ kinds, packages }) => kinds.has('typescript') && packages.length > 0,
  run({ packages: [root] }) {
    const scripts = Object.values(objectAt(root?.manifest, 'scripts')).join('\n')
    const runsIt = /\b(tsc|tsgo|vue-tsc|svelte-check|astro check|tsd|attw|turbo\b.*(check|type)|nx\b.*(check|type)|typecheck)\b/.test(
      scripts,
    )
    return runsIt ? [] : [warn('no script checks the types', { file: 'package.json', line: root?.document.lineOf('scripts') })]
  },
}

const CI =
  /^(\.(github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml|\.gitlab-ci\.ya?ml|\.circleci\/config\.yml|\.travis\.yml|Jenkinsfile|azure-pipelines\.yml|bitbucket-pipelines\.yml|\.buildkite\/.+|\.drone\.ya?ml|\.woodpecker(\.ya?ml|\/.+)|\.builds?\/.+\.yml|\.cirrus\.yml|\.ci\/.+|appveyor\.yml)$/

const ci: Check = {
  id: 'quality.ci',
  domain: 'quality',
  title: 'Something runs the tests on every change',
  weight: 5,
  mend: 'add a workflow that installs, checks and tests on every push',
  applies: ({ kinds, snapshot }) => snapshot.whole && [...kinds].some((kind) => !kind.startsWith('claude')),
  run: ({ snapshot }) => (pathsLike(snapshot, CI).length > 0 ? [] : [warn('no CI configuration that is known here')]),
}

const conflictMarkers: Check = {
  id: 'quality.conflict-markers',
  domain: 'quality',
  title: 'No merge was left half done',
  weight: 10,
  cap: HARD_CAP,
  mend: 'choose a side and remove the markers',
  applies: ({ snapshot }) => snapshot.files.size > 0,
  inspect({ path, text }) {
    if (!text.includes('<<<<<<< ')) return []
    // All three in order: a heading underlined with "=======" is no conflict.
    let begun: number | undefined
    let isHalfway = false
    for (const [index, line] of text.split('\n').entries()) {
      if (line.startsWith('<<<<<<< ')) {
        begun = index + 1
        isHalfway = false
      } else if (begun !== undefined && /^={7}\r?$/.test(line)) isHalfway = true
      else if (begun !== undefined && isHalfway && line.startsWith('>>>>>>> ')) {
        return [fail('has the markers of a merge conflict', { file: path, line: begun })]
      }
    }
    return []
  },
  run: (_project, inspected) => inspected,
}

/** Windows runs its own by their ending, and husky hands its hooks to a shell. */
const NEEDS_NO_LINE = /\.(cmd|bat|ps1)$|^\.husky\/[^/]+$/i

const shebang: Check = {
  id: 'quality.shebang',
  domain: 'quality',
  title: 'What may be executed says what executes it',
  weight: 2,
  mend: 'begin the file with #!/usr/bin/env PROGRAM, or take its executable bit away',
  fix: sayInterpreter,
  applies: ({ snapshot }) => [...snapshot.files.values()].some(({ executable, bytes }) => executable && bytes > 0),
  inspect: ({ path, text, executable }) =>
    executable && text !== '' && !text.startsWith('#!') && !NEEDS_NO_LINE.test(path)
      ? [warn('is executable and has no #! line', { file: path })]
      : [],
  run({ snapshot }, inspected): readonly Finding[] {
    const executables = [...snapshot.files.values()].filter(({ executable }) => executable).length
    // Some file systems call everything executable, which says nothing.
    if (snapshot.files.size > 3 && executables === snapshot.files.size) return [unknown('the file system calls every file executable')]
    return inspected
  },
}

const MANY_NOTES = 20
const CODE = /\.([cm]?[jt]sx?|py|go|rs|java|kt|rb|php|c|h|cc|cpp|cs|swift|sh)$/
const OPEN_NOTE = /(?:\/\/|#|\/\*|^\s*\*|<!--|--)[^\n]{0,200}?\b(TODO|FIXME|HACK)\b/

const openNotes: Check = {
  id: 'quality.open-notes',
  domain: 'quality',
  title: `No more than ${MANY_NOTES} notes of TODO, FIXME or HACK wait in the sources`,
  weight: 1,
  mend: 'do what the notes say, or move them to issues where somebody decides',
  applies: ({ snapshot }) => pathsLike(snapshot, CODE).length > 0,
  inspect({ path, text }) {
    if (!CODE.test(path) || !/TODO|FIXME|HACK/.test(text)) return []
    return text.split('\n').flatMap((line, index) => {
      const note = line.length > 2_000 ? undefined : OPEN_NOTE.exec(line)?.[1]
      return note === undefined ? [] : [warn(`has a ${note}`, { file: path, line: index + 1 })]
    })
  },
  run: (_project, inspected) => (inspected.length > MANY_NOTES ? inspected : []),
}

const cleanTree: Check = {
  id: 'quality.clean-tree',
  domain: 'quality',
  title: 'Everything is committed',
  weight: 1,
  isOfTheMoment: true,
  mend: 'commit the change, or have .gitignore name what is not meant to be kept',
  applies: ({ facts }) => facts.git !== undefined,
  run({ facts: { git } }) {
    if (git === undefined || typeof git.changed === 'string') return [unknown(String(git?.changed))]
    return git.changed.map((file) => warn('differs from the last commit', { file }))
  },
}

const history: Check = {
  id: 'quality.history',
  domain: 'quality',
  title: 'The repository has a history of more than one commit',
  weight: 1,
  mend: 'commit small steps, each with its reason',
  applies: ({ facts }) => facts.git !== undefined,
  run({ facts: { git } }) {
    if (git === undefined || typeof git.commits === 'string') return [unknown(String(git?.commits))]
    return git.commits > 1 ? [] : [warn(git.commits === 0 ? 'there is no commit' : 'there is one commit')]
  },
}

const suppressions: Check = {
  id: 'quality.suppressions',
  domain: 'quality',
  title: 'What is accepted for a time has a reason, and its time is not over',
  weight: 2,
  mend: `mend what was accepted, or give it a new day in ${SETTINGS_FILE}`,
  applies: ({ facts }) => facts.settings !== undefined,
  run({ facts: { settings, today }, snapshot }) {
    const findings = (settings?.mistakes ?? []).map(({ note, line }) => fail(note, { file: SETTINGS_FILE, line }))
    const lines = (snapshot.text(SETTINGS_FILE) ?? '').split('\n')
    for (const { check, until } of settings?.suppress ?? []) {
      if (today === undefined || until >= today) continue
      const line = lines.findIndex((text) => text.includes(`"${until}"`)) + 1
      findings.push(warn(`${check} was accepted until ${until}`, { file: SETTINGS_FILE, line: Math.max(1, line) }))
    }
    return findings
  },
}

/** What only shows when the project's own programs run: asked by ops.health.verify alone. */
const ran = (step: ScriptRun['step'], weight: number, title: string, mend: string, cap?: number): Check => ({
  id: `quality.${step === 'build' ? 'build-succeeds' : step === 'typecheck' ? 'typecheck-passes' : 'tests-pass'}`,
  domain: 'quality',
  title,
  weight,
  ...(cap !== undefined && { cap }),
  isOfTheMoment: true,
  mend,
  applies: ({ facts }) => facts.runs?.some((run) => run.step === step) === true,
  run: ({ facts }) =>
    (facts.runs ?? []).flatMap((run): Finding[] => {
      if (run.step !== step || run.outcome === 'passed') return []
      const lastLine = run.tail.trim().split('\n').at(-1) ?? ''
      const note = `${run.commandLine} ${run.outcome}${lastLine === '' ? '' : `: ${lastLine.trim()}`}`
      return [run.outcome === 'not startable' ? unknown(note) : fail(note)]
    }),
})

export const qualityChecks: readonly Check[] = [
  testsExist,
  testScript,
  buildScript,
  typecheckScript,
  ci,
  conflictMarkers,
  shebang,
  openNotes,
  cleanTree,
  history,
  suppressions,
  ran('build', 8, 'The build succeeds', 'run the build and mend what it says'),
  ran('typecheck', 6, 'The types are right', 'run the type-check and mend what it says'),
  ran('test', 10, 'The tests pass', 'run the tests and mend what is red', HARD_CAP),
]
