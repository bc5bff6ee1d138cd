import { isSwitchyardError } from '@switchyard/plugin-kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCutYard } from '../../../test/cut-yard.ts'
import { type FailingGit, makeFailingGit } from '../../../test/failing-git.ts'
import { makeRepository, planOf, stateOf } from '../../../test/repository.ts'

let failing: FailingGit
const path = process.env.PATH

beforeAll(() => {
  failing = makeFailingGit()
})
afterAll(() => {
  process.env.PATH = path
  failing.remove()
})

/** Cuts and pushes a release while one call of git fails; what it answered, and the calls that were made. */
async function cutFailing(call: number, when: 'before' | 'after'): Promise<{ code: string; calls: string[]; problem?: unknown }> {
  const repository = makeRepository()
  await using yard = await createCutYard()
  try {
    const before = stateOf(repository)
    const plan = planOf(repository)
    failing.failAt(call, when)
    process.env.PATH = `${failing.folder}:${path}`
    const error: unknown = await yard.cut(plan, { push: true }).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    process.env.PATH = path
    const calls = failing.calls()
    const code = error === undefined ? 'done' : isSwitchyardError(error) ? error.code : String(error)
    if (code === 'RELEASE_HALF_MADE') await yard.call('resume', { project: repository.root })
    const [cut] = ((await yard.call('status', { project: repository.root })) as unknown as { cuts: { state: string }[] }).cuts
    if (code === 'done' || code === 'RELEASE_HALF_MADE') {
      expect({ call, when, state: cut?.state, there: repository.there('rev-parse', 'main', 'v1.1.0') }).toEqual({
        call,
        when,
        state: 'done',
        there: repository.git('rev-parse', 'main', 'v1.1.0'),
      })
      expect(repository.git('status', '--porcelain')).toBe('?? "notes of mine.txt"')
    } else {
      expect({ call, when, ...stateOf(repository) }).toEqual({ call, when, ...before })
      expect(cut?.state ?? 'undone').toBe('undone')
    }
    return { code, calls }
  } finally {
    process.env.PATH = path
    repository.remove()
  }
}

describe('[W3] cutting a release while one call of git fails', () => {
  it('leaves everything as it was, or done, or to be completed by resume: for each call', { timeout: 240_000 }, async () => {
    const { code, calls } = await cutFailing(0, 'before')
    expect(code).toBe('done')
    expect(new Set(calls)).toContain('push')
    const seen = new Set<string>()
    // Of calls with one verb the first and the last; all of them, which take twice as long, when asked for.
    const isAll = process.env.SWITCHYARD_EVERY_EFFECT !== undefined
    for (const [index, verb] of calls.entries())
      if (isAll || calls.indexOf(verb) === index || calls.lastIndexOf(verb) === index)
        seen.add((await cutFailing(index + 1, 'before')).code)
    expect(seen).toEqual(new Set(['GIT_FAILED', 'HOOK_REFUSED', 'done', 'RELEASE_HALF_MADE']))
  })

  it('does so too where the call did its work and then failed', { timeout: 240_000 }, async () => {
    const { calls } = await cutFailing(0, 'after')
    const changing = new Set(['read-tree', 'add', 'update-index', 'commit-tree', 'update-ref', 'tag', 'push', 'write-tree'])
    for (const [index, verb] of calls.entries()) {
      if (!changing.has(verb)) continue
      // A push that arrived is one, whatever was said of it.
      expect((await cutFailing(index + 1, 'after')).code).toBe(verb === 'push' ? 'done' : 'GIT_FAILED')
    }
  })
})
