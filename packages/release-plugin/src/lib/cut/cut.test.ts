import { isSwitchyardError } from '@switchyard/plugin-kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CutYard, createCutYard } from '../../../test/cut-yard.ts'
import { makeRepository, planOf, stateOf, type TestRepository } from '../../../test/repository.ts'
import type { PublishStep } from '../plan/release-plan.ts'
import { planOfCut } from './cut.ts'

let repository: TestRepository
let yard: CutYard

beforeEach(async () => {
  repository = makeRepository()
  yard = await createCutYard()
})
afterEach(async () => {
  await yard[Symbol.asyncDispose]()
  repository.remove()
})

const project = (): { project: string } => ({ project: repository.root })
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (isSwitchyardError(error) ? error.code : String(error)),
  )

describe('the plan of a cut', () => {
  it('says every program that runs and every place that is sent to, in their order', () => {
    const publish: PublishStep[] = [{ kind: 'command', id: 'site', path: '.', argv: ['make', 'site'] }]
    const plan = planOf(repository, { tests: { path: '.', argv: ['npm', 'test'] }, publish })
    const { steps, warnings } = planOfCut(plan, { push: true, hooks: true })
    expect(steps.map(({ does, target }) => `${does} ${target}`)).toEqual([
      'run npm test',
      'change package.json',
      'change CHANGELOG.md',
      'change tool.sh',
      'create docs/next/NEWS.md',
      'run git',
      'run git',
      'send site',
      'send main and v1.1.0 to origin',
    ])
    expect(warnings).toContainEqual(expect.stringContaining('publish site: the configuration names no command'))
  })
})

describe('cutting a release', () => {
  it('[W1] writes, commits and tags exactly what was planned, and pushes nothing unasked', async () => {
    const plan = planOf(repository)
    const there = repository.there('for-each-ref')
    const cut = await yard.cut(plan)
    const { git } = repository
    expect(cut).toMatchObject({
      state: 'done',
      version: '1.1.0',
      pushed: 'no',
      commit: git('rev-parse', 'HEAD'),
      next: 'switchyard release publish',
    })
    expect(git('rev-parse', 'HEAD^')).toBe(plan.head)
    expect(git('log', '-1', '--format=%B')).toBe('chore(release): 1.1.0')
    expect(git('cat-file', '-t', 'v1.1.0')).toBe('tag')
    expect(git('rev-parse', 'v1.1.0^{commit}')).toBe(cut.commit)
    expect(git('for-each-ref', '--format=%(contents)', 'refs/tags/v1.1.0')).toBe('Release 1.1.0\n\n# not a comment\n- pour tea')
    expect(git('diff', '--name-status', plan.head, 'HEAD')).toBe('M\tCHANGELOG.md\nA\tdocs/next/NEWS.md\nM\tpackage.json\nM\ttool.sh')
    for (const { path, after } of plan.files) expect(repository.read(path)).toBe(after)
    expect(git('ls-files', '--stage', 'tool.sh')).toMatch(/^100755/)
    expect(git('status', '--porcelain')).toBe('?? "notes of mine.txt"')
    expect(repository.there('for-each-ref')).toBe(there)
  })

  it('[U1] undoes it as if it had never been', async () => {
    const before = stateOf(repository)
    await yard.cut(planOf(repository))
    expect(await yard.call('undo', project())).toMatchObject({ state: 'undone' })
    expect(stateOf(repository)).toEqual(before)
    expect(await yard.call('undo', project())).toMatchObject({ state: 'undone' })
  })

  it('pushes commit and tag when asked, and takes both back out of the remote', async () => {
    const before = stateOf(repository)
    await yard.cut(planOf(repository), { push: true })
    const { git, there } = repository
    expect(there('rev-parse', 'main', 'v1.1.0')).toBe(git('rev-parse', 'main', 'v1.1.0'))
    await yard.call('undo', project())
    expect(stateOf(repository)).toEqual(before)
  })

  it('tells of each stage on durable topics', async () => {
    await yard.cut(planOf(repository))
    await yard.call('undo', project())
    expect(yard.kit.messages.map(({ topic }) => topic)).toEqual([
      'release/planned',
      'release/tagged',
      'release/published',
      'release/undone',
    ])
    expect(yard.kit.messages[1]?.payload).toMatchObject({
      project: repository.root,
      name: 'tea',
      version: '1.1.0',
      tag: 'v1.1.0',
      prerelease: false,
    })
  })

  it('may be cut again after it was undone', async () => {
    await yard.cut(planOf(repository))
    await yard.call('undo', project())
    expect(await yard.cut(planOf(repository))).toMatchObject({ state: 'done' })
    expect(await codeOf(yard.cut(planOf(repository)))).toBe('TAG_EXISTS')
  })
})
