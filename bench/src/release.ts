import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import release from '@switchyard/release-plugin'
import { openYard } from '@switchyard/yard'
import { runGitCliff } from 'git-cliff'
import type { BenchCase } from './lib/bench.ts'

const COMMITS = 20_000
const UNRELEASED = 500

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

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

/** The commits that a changelog names. */
const named = (changelog: string): string[] => [...changelog.matchAll(/^- .*\b([0-9a-f]{7})\)$/gm)].map((match) => match[1] ?? '').sort()

/** How long a plan takes beside the fastest changelog there is, both called from a process that runs. */
export const releaseCases: readonly BenchCase[] = [
  {
    case: `release.plan of ${COMMITS} commits, ${UNRELEASED} of them since the last tag`,
    unit: 'ms',
    peerName: 'git-cliff, the changelog alone',
    floor: 1,
    better: 'lower',
    async setup() {
      const dir = makeRepository()
      const yard = await openYard(dir, { plugins: [release], memory: true })
      const plan = async (): Promise<{ releases: { changelog: { section: string } }[] }> => (await yard.call('release.plan', {})) as never
      const cliff = async (): Promise<string> => {
        const options = { config: join(dir, '.git/cliff.toml'), unreleased: true, offline: true, repository: dir }
        return String((await runGitCliff(options, { cwd: dir, stdio: 'pipe' })).stdout)
      }
      const [ours, theirs] = [named((await plan()).releases[0]?.changelog.section ?? ''), named(await cliff())]
      if (ours.length === 0 || ours.join() !== theirs.join())
        throw new Error(`The changelogs differ: ${ours.length} and ${theirs.length} entries`)
      return {
        ours: () => elapsed(plan),
        peer: () => elapsed(cliff),
        async close() {
          await yard.close()
          rmSync(dir, { recursive: true, force: true })
        },
      }
    },
  },
]
