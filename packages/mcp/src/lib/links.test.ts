import { expect, it } from 'vitest'
import { z } from 'zod'
import { resourceLinks } from './links.ts'
import type { ToolSource } from './tool-source.ts'

const read = { summary: 'Read', effect: 'read', input: z.object({}), output: z.object({}) } as const
const source: ToolSource = {
  name: 'ops',
  version: '1.0.0',
  summary: 'Operates',
  commands: {
    'issue.list': { ...read, resource: { uri: 'ops://issues' } },
    'issue.show': { ...read, resource: { uri: 'ops://issues/{id}' } },
    'project.list': read,
  },
}
const links = (command: string, result: unknown) => resourceLinks(source, command, result).map(({ uri }) => uri)

it('resourceLinks() names each record of the noun once, twenty at most, and no record of another noun', () => {
  expect(links('ops.issue.list', { issues: [{ id: 'a/b' }, { id: 7, by: { id: 'inner' } }, { id: 'a/b' }] })).toEqual([
    'ops://issues/a%2Fb',
    'ops://issues/7',
  ])
  expect(links('ops.issue.show', { id: 'a' })).toEqual(['ops://issues/a'])
  expect(links('ops.project.list', { projects: [{ id: 'a' }] })).toEqual([])
  expect(links('ops.issue.list', { issues: [{ id: '' }, { id: null }, { id: '\ud800' }, {}] })).toEqual([])
  expect(
    links(
      'ops.issue.list',
      Array.from({ length: 50 }, (_, id) => ({ id })),
    ),
  ).toHaveLength(20)
})
