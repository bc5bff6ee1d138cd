import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ops from '@switchyard/ops-plugin'
import release from '@switchyard/release-plugin'
import { openYard } from '@switchyard/yard'
import type { BenchCase } from './lib/bench.ts'

const run = promisify(execFile)
const COMMITS = 20_000
const UNRELEASED = 500
const SWITCHYARD = fileURLToPath(new URL('../../packages/cli/bin/switchyard.js', import.meta.url))
const require = createRequire(import.meta.url)
const CLIFF = fileURLToPath(import.meta.resolve('git-cliff/cli'))

/** The same changelog as ours: what users notice, in the groups of Keep a Changelog. */
const CLIFF_CONFIG = `
[changelog]
body = """
{% for group, commits in commits | group_by(attribute="group") %}
### {{ group }}

{% for commit in commits %}- {% if commit.scope %}**{{ commit.scope }}:** {% endif %}{{ commit.message }} ({{ commit.id | truncate(length=7, end="") }})
{% endfor %}{% endfor %}"""
trim = true
[git]
conventional_commits = true
filter_unconventional = true
tag_pattern = "v[0-9].*"
commit_parsers = [
  { message = "^feat", group = "Added" },
  { message = "^fix", group = "Fixed" },
  { message = "^perf", group = "Changed" },
  { message = ".*", skip = true },
]
`

/** A repository with a long past, and its last tag not far back. */
function makeRepository(): string {
  const dir = mkdtempSync(join(tmpdir(), 'bench-release-'))
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] })
  git('init', '-q', '-b', 'main')
  const types = ['feat', 'fix', 'docs', 'chore', 'perf', 'refactor']
  const parts: string[] = []
  for (let index = 0; index < COMMITS; index++) {
    const message = `${types[index % types.length]}(part${index % 7}): change number ${index}\n\nWhy this was done, in a few words.\n\nRefs: #${index}\n`
    const when = `${1_600_000_000 + index * 600} +0000`
    parts.push(
      `commit refs/heads/main\nmark :${index + 1}\nauthor Ada <ada@example.org> ${when}\ncommitter Ada <ada@example.org> ${when}\n`,
    )
    parts.push(`data ${Buffer.byteLength(message)}\n${message}\n${index === 0 ? '' : `from :${index}\n`}`)
    parts.push(`M 100644 inline src/part${index % 50}.txt\ndata 8\n${String(index).padStart(7, '0')}\n\n`)
    if (index === 0) {
      const manifest = '{ "name": "bench", "version": "1.19.0" }\n'
      parts.push(`M 100644 inline package.json\ndata ${manifest.length}\n${manifest}\nM 100644 inline .gitignore\ndata 12\n.switchyard/\n`)
    }
    if (index % 1_000 === 499) {
      const tag = `v1.${(index - 499) / 1_000}.0`
      parts.push(`tag ${tag}\nfrom :${index + 1}\ntagger Ada <ada@example.org> ${when}\ndata ${tag.length}\n${tag}\n`)
    }
  }
  execFileSync('git', ['fast-import', '--quiet'], { cwd: dir, input: parts.join('') })
  git('reset', '-q', '--hard')
  writeFileSync(join(dir, '.git/cliff.toml'), CLIFF_CONFIG)
  return dir
}

const cliffArgs = (dir: string): string[] => ['--config', join(dir, '.git/cliff.toml'), '--unreleased', '--offline', '--repository', dir]

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

/** The commits that a changelog names. */
const named = (changelog: string): string[] => [...changelog.matchAll(/^- .*\b([0-9a-f]{7})\)$/gm)].map((match) => match[1] ?? '').sort()

function planCase(how: 'in a process that runs' | 'as a whole process'): BenchCase {
  return {
    case: `release.plan ${how}, ${COMMITS} commits, ${UNRELEASED} since the last tag`,
    unit: 'ms',
    peerName: how === 'as a whole process' ? 'npx git-cliff' : "git-cliff's binary",
    floor: 1,
    better: 'lower',
    async setup() {
      const dir = makeRepository()
      const yard = await openYard(dir, { plugins: [ops, release], memory: true })
      const plan = async (): Promise<{ releases: { changelog: { section: string } }[] }> => (await yard.call('release.plan', {})) as never
      const cliff = async (): Promise<string> => (await run(cliffBinary(), cliffArgs(dir), { cwd: dir })).stdout
      const [ours, theirs] = [named((await plan()).releases[0]?.changelog.section ?? ''), named(await cliff())]
      if (ours.length === 0 || ours.join() !== theirs.join())
        throw new Error(`The changelogs differ: ${ours.length} and ${theirs.length} entries`)
      const whole = how === 'as a whole process'
      return {
        ours: () =>
          elapsed(() =>
            whole ? run(process.execPath, [SWITCHYARD, 'release', 'plan', '--json'], { cwd: dir, maxBuffer: 1 << 26 }) : plan(),
          ),
        peer: () => elapsed(() => (whole ? run(process.execPath, [CLIFF, ...cliffArgs(dir)], { cwd: dir }) : cliff())),
        async close() {
          await yard.close()
          rmSync(dir, { recursive: true, force: true })
        },
      }
    },
  }
}

/** The program itself, without what npm puts before it. */
function cliffBinary(): string {
  const name = `git-cliff-${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  return require.resolve(`${name}/bin/git-cliff${process.platform === 'win32' ? '.exe' : ''}`, { paths: [CLIFF] })
}

/** How long a plan takes beside the fastest changelog there is. */
export const releaseCases: readonly BenchCase[] = [planCase('in a process that runs'), planCase('as a whole process')]
