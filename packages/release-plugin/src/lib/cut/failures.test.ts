import { isSwitchyardError } from '@switchyard/plugin-kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCutYard } from '../../../test/cut-yard.ts'
import { type FailingGit, makeFailingGit } from '../../../test/failing-git.ts'
import { makeRepository, planOf, stateOf } from '../../../test/repository.ts'

let failing: FailingGit
const path = process.env.PATH

beforeAll(() => {
  failing = makeFailingGit()
  process.env.PATH = `${failing.folder}:${path}`
})
afterAll(() => {
  process.env.PATH = path
  failing.remove()
})

/** Cuts and pushes a release while one call of git fails; what it answered, and the calls that were made. */
async function cutFailing(call: number, when: 'before' | 'after'): Promise<{ code: string; calls: string[] }> {
  const repository = makeRepository()
  await using yard = await createCutYard()
  try {
    const before = stateOf(repository)
    const plan = planOf(repository)
    failing.failAt(repository.root, call, when)
    const error: unknown = await yard.cut(plan, { push: true }).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    const calls = failing.end(repository.root)
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
    repository.remove()
  }
}

/** Does it for each of the calls, two at a time. */
async function cutFailingAt(calls: readonly number[], when: 'before' | 'after'): Promise<Map<number, string>> {
  const codes = new Map<number, string>()
  const waiting = [...calls]
  const lane = async (): Promise<void> => {
    for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) codes.set(call, (await cutFailing(call, when)).code)
  }
  await Promise.all([lane(), lane()])
  return codes
}

describe('[W3] cutting a release while one call of git fails', () => {
  it('leaves everything as it was, or done, or to be completed by resume: for each call', { timeout: 400_000 }, async () => {
    const { code, calls } = await cutFailing(0, 'before')
    expect(code).toBe('done')
    expect(new Set(calls)).toContain('push')
    const codes = await cutFailingAt(
      calls.map((_, index) => index + 1),
      'before',
    )
    expect(new Set(codes.values())).toEqual(new Set(['GIT_FAILED', 'HOOK_REFUSED', 'done', 'RELEASE_HALF_MADE']))
  })

  it('does so too where the call did its work and then failed', { timeout: 400_000 }, async () => {
    const { calls } = await cutFailing(0, 'after')
    const changing = new Set(['read-tree', 'add', 'update-index', 'commit-tree', 'update-ref', 'tag', 'push', 'write-tree'])
    const codes = await cutFailingAt(
      calls.flatMap((verb, index) => (changing.has(verb) ? [index + 1] : [])),
      'after',
    )
    // A push that arrived is one, whatever was said of it.
    for (const [call, code] of codes) expect({ call, code }).toEqual({ call, code: calls[call - 1] === 'push' ? 'done' : 'GIT_FAILED' })
  })
})
