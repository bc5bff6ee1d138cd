import type { Plugin } from '@switchyard/plugin-kit'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { expect, it } from 'vitest'
import { driven } from '../../../test/cut-yard.ts'
import { makeRepository } from '../../../test/made-repository.ts'
import release from '../../index.ts'
import type { ReleaseRecord } from '../records/schema.ts'

const records = async (kit: TestYard): Promise<ReleaseRecord[]> =>
  ((await kit.call('release.list', {})) as { releases: ReleaseRecord[] }).releases

it('release.cut puts what it made on record, and release.undo takes it off', async () => {
  await using kit = await createTestYard({ plugins: [release as Plugin] })
  const repository = makeRepository(
    [
      {
        message: 'feat: begin',
        files: { 'package.json': '{ "name": "pot", "version": "1.0.0" }\n', '.gitignore': '.switchyard/\n' },
        tags: ['v1.0.0'],
      },
      { message: 'feat: a lid' },
    ],
    kit.dir,
  )
  const cut = await kit.plan('release.cut', {})
  await driven(kit, kit.approve(cut.id))
  const [record] = await records(kit)
  expect(record).toMatchObject({
    version: '1.1.0',
    tag: 'v1.1.0',
    commit: repository.git('rev-parse', 'HEAD'),
    files: ['CHANGELOG.md', 'package.json'],
    state: 'tagged',
  })
  expect(record?.changelog).toMatch(/^### Added\n\n- a lid \([0-9a-f]{7}\)$/)
  expect(await kit.call('release.check', {})).toMatchObject({ inStep: true, packages: [{ version: '1.1.0', released: '1.1.0' }] })
  await driven(kit, kit.undo(cut.id))
  expect(await records(kit)).toEqual([])
  expect(repository.git('describe', '--tags')).toMatch(/^v1\.0\.0-1-/)
})
