import type { Status } from '../git/status.ts'
import { fitsAny } from '../map/literals.ts'
import type { Drift } from '../map/version-map.ts'
import { visible } from '../notes/visible.ts'
import type { ReleaseConfig } from '../plan/config.ts'
import type { Bump, ReadinessCheck } from '../plan/release-plan.ts'
import type { Known, OpsFacts } from './facts.ts'

/** Everything that the policy asks about. */
export interface ReadinessFacts extends OpsFacts {
  readonly config: Pick<ReleaseConfig, 'branches' | 'policy'>
  /** The largest bump of the plan. */
  readonly bump: Bump
  readonly status: Status
  readonly isPreRelease: boolean
  readonly tags: readonly { readonly name: string; readonly isTaken: boolean }[]
  readonly drift: readonly Drift[]
  /** Versions that files say already and the plan would go behind or stay at. */
  readonly behind: readonly { readonly name: string; readonly declared: string; readonly to: string }[]
  /** What packages ask for of each other in words that will not take the new version in, and that only a person can change. */
  readonly unmet: readonly { readonly file: string; readonly line: number; readonly range: string; readonly to: string }[]
  readonly tests: readonly string[] | null
}

/** One line of the policy: a question, and what its answers mean. */
interface Rule {
  readonly id: string
  /** True where it passes. */
  readonly title: string
  ask(facts: ReadinessFacts): Pick<ReadinessCheck, 'status' | 'found' | 'mend'>
}

const RANK = { major: 'major', minor: 'minor', patch: 'patch', prerelease: 'patch', none: 'patch' } as const

/** The whole policy. `fail` stops a release; `warn` and `unknown` are said, and stop it only where the caller is strict. */
const POLICY: readonly Rule[] = [
  {
    id: 'something',
    title: 'There is something to release',
    ask: ({ tags }) =>
      tags.length > 0
        ? { status: 'pass', found: count(tags.length, 'release') }
        : { status: 'fail', found: 'no commit since the last release asks for one', mend: 'name what it is to be, such as --bump patch' },
  },
  {
    id: 'tree.clean',
    title: 'The work tree is as HEAD has it',
    ask({ status: { paths } }) {
      const changed = paths.filter(({ kind }) => kind !== 'untracked')
      if (changed.length > 0)
        return { status: 'fail', found: `changed: ${some(changed.map(({ path }) => path))}`, mend: 'git commit, or git stash' }
      if (paths.length > 0)
        return { status: 'warn', found: `not tracked: ${some(paths.map(({ path }) => path))}`, mend: 'git add, or name them in .gitignore' }
      return { status: 'pass', found: 'clean' }
    },
  },
  {
    id: 'branch.attached',
    title: 'A branch is checked out',
    ask: ({ status: { branch } }) =>
      branch === undefined
        ? { status: 'fail', found: 'HEAD is detached', mend: 'git switch to the branch that is released' }
        : { status: 'pass', found: visible(branch) },
  },
  {
    id: 'branch.release',
    title: 'It is a branch that is released from',
    ask({ status: { branch }, config: { branches }, isPreRelease }) {
      if (branch === undefined) return { status: 'unknown', found: 'HEAD is detached' }
      if (fitsAny(branch, branches)) return { status: 'pass', found: visible(branch) }
      if (isPreRelease) return { status: 'pass', found: `${visible(branch)}, which a pre-release may be made from` }
      return { status: 'warn', found: `${visible(branch)} is none of: ${branches.join(', ')}`, mend: 'switch, or name it in "branches"' }
    },
  },
  {
    id: 'branch.current',
    title: 'It has all that its upstream has',
    ask({ status: { upstream, behind, ahead } }) {
      if (upstream === undefined) return { status: 'pass', found: 'it has no upstream' }
      if (behind === undefined) return { status: 'unknown', found: `${visible(upstream)} is not there` }
      if (behind === 0) return { status: 'pass', found: `as far as the last fetch of ${visible(upstream)} knows` }
      const both = (ahead ?? 0) > 0 ? `, and has ${count(ahead ?? 0, 'commit')} that it lacks` : ''
      return { status: 'fail', found: `${visible(upstream)} has ${count(behind, 'commit')} more${both}`, mend: 'git pull --rebase' }
    },
  },
  {
    id: 'tag.free',
    title: 'No tag of that name is there yet',
    ask({ tags }) {
      const taken = tags.filter(({ isTaken }) => isTaken).map(({ name }) => visible(name))
      if (taken.length > 0) return { status: 'fail', found: `there is ${taken.join(', ')}`, mend: 'name another version' }
      return { status: 'pass', found: 'here; the remote is asked when the release is cut' }
    },
  },
  {
    id: 'versions.ahead',
    title: 'No file says a higher version already',
    ask({ behind }) {
      const found = behind.map(({ name, declared, to }) => `${visible(name)} says ${visible(declared)}, above ${to}`)
      return found.length === 0
        ? { status: 'pass', found: 'none' }
        : { status: 'fail', found: some(found), mend: 'name the version, such as --version, or take the one in the file back' }
    },
  },
  {
    id: 'versions.in-step',
    title: 'All places say the same version',
    ask({ drift }) {
      const found = drift.map(({ place, expected }) => `${place.file}:${place.line} says ${place.found}, not ${expected}`)
      return found.length === 0
        ? { status: 'pass', found: 'in step' }
        : { status: 'warn', found: some(found), mend: 'the release puts them in step; switchyard release check shows them' }
    },
  },
  {
    id: 'versions.met',
    title: 'What packages ask of each other takes the new versions in',
    ask({ unmet }) {
      const found = unmet.map(({ file, line, range, to }) => `${file}:${line} asks for "${range}", not ${to}`)
      return found.length === 0
        ? { status: 'pass', found: 'it does' }
        : { status: 'fail', found: some(found), mend: 'edit the range: what it should be is for a person to say' }
    },
  },
  {
    id: 'health.score',
    title: 'The project is healthy enough',
    ask({ score, bump, config: { policy } }) {
      if ('unknown' in score) return { status: 'unknown', found: score.unknown }
      const wanted = policy.scoreWarn[RANK[bump]]
      const mend = 'switchyard ops health scan says what to do'
      if (score.value < policy.scoreFail) return { status: 'fail', found: `${score.value} of 100, below ${policy.scoreFail}`, mend }
      if (score.value < wanted)
        return { status: 'warn', found: `${score.value} of 100, below the ${wanted} of a ${RANK[bump]} release`, mend }
      return { status: 'pass', found: `${score.value} of 100` }
    },
  },
  {
    id: 'issues.critical',
    title: 'No critical issue is open',
    ask: ({ critical }) => openIssues(critical, 'fail'),
  },
  {
    id: 'issues.high',
    title: 'No issue of high priority is open, where more than fixes are released',
    ask: ({ high, bump }) =>
      bump === 'major' || bump === 'minor' ? openIssues(high, 'warn') : { status: 'pass', found: 'fixes alone do not wait for them' },
  },
  {
    id: 'tests',
    title: 'The tests pass',
    ask: ({ tests }) =>
      tests === null
        ? { status: 'warn', found: 'none are known', mend: 'name a command in "tests"' }
        : { status: 'unknown', found: `a plan runs nothing; the release begins with: ${tests.map(visible).join(' ')}` },
  },
]

/** The verdict. `strict`: only what passes, passes; tests that are still to run count as passed, as the release begins with them. */
export function judgeReadiness(
  facts: ReadinessFacts,
  { strict = false }: { strict?: boolean } = {},
): { ready: boolean; checks: ReadinessCheck[] } {
  const checks = POLICY.map(({ id, title, ask }) => ({ id, title, ...ask(facts) }))
  const stops = checks.filter(
    ({ id, status }) => status === 'fail' || (strict && status !== 'pass' && !(id === 'tests' && status === 'unknown')),
  )
  return { ready: stops.length === 0, checks }
}

function openIssues(titles: Known<readonly string[]>, worst: 'warn' | 'fail'): Pick<ReadinessCheck, 'status' | 'found' | 'mend'> {
  if ('unknown' in titles) return { status: 'unknown', found: titles.unknown }
  if (titles.value.length === 0) return { status: 'pass', found: 'none' }
  return { status: worst, found: some(titles.value.map(visible)), mend: 'close them, or lower their priority: switchyard ops issue list' }
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

function some(items: readonly string[]): string {
  const [shown, more] = [items.slice(0, 3).map(visible).join('; '), items.length - 3]
  return more > 0 ? `${shown}; and ${more} more` : shown
}
