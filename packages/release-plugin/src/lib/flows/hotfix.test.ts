import { expect, it } from 'vitest'
import { switchyard } from '../../../test/cli.ts'
import { makeRepository } from '../../../test/repository.ts'

it('the chain hotfix files the bug, waits on a branch at the last release, and cuts the patch release', { timeout: 60_000 }, async () => {
  const repository = makeRepository()
  try {
    const { git } = repository
    const begun = await switchyard(repository, ['chain', 'run', 'hotfix', '--set', 'title=Cold tea', '--yes', '--json'])
    expect(git('branch', '--show-current'), begun.stdout + begun.stderr).toBe('hotfix/cold-tea')
    const chain = /\bc-[a-z0-9]+/.exec(begun.stdout + begun.stderr)?.[0] ?? ''
    repository.write('tea.txt', 'hot\n')
    git('add', 'tea.txt')
    git('commit', '-qm', 'fix: keep the tea hot')
    const approved = await switchyard(repository, ['chain', 'approve', chain])
    expect(approved, approved.stdout + approved.stderr).toMatchObject({ code: 0 })
    expect(git('describe')).toBe('v1.0.1')
    expect(git('log', '-2', '--format=%s')).toBe('chore(release): 1.0.1\nfix: keep the tea hot')
    const issues = await switchyard(repository, ['ops', 'issue', 'list', '--json'])
    expect(JSON.parse(issues.stdout)).toMatchObject({ issues: [] })
  } finally {
    repository.remove()
  }
})
