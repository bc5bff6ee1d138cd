import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestYard } from '@switchyard/testkit'
import { followRealTime } from '@switchyard/testkit/real'
import { expect, it } from 'vitest'
import deploy from '../../index.ts'

it('each deployment tells on the bus how it begins and how it ends, once, and nothing that is secret', { timeout: 120_000 }, async () => {
  const files = { 'app/run.sh': 'exec sleep 600\n', '.env.staging': 'WORD=tulips\n' }
  await using kit = await createTestYard({ plugins: [deploy], files })
  using _ = followRealTime(kit)
  const config = {
    stack: 'shop',
    targets: { here: { kind: 'local', root: join(kit.dir, 'host') } },
    environments: { staging: { target: 'here', envFile: '.env.staging' } },
    services: { api: { handler: 'process', source: 'app', command: ['sh', 'run.sh'], stableForSeconds: 0, stopSignal: 'KILL' } },
  }
  writeFileSync(join(kit.dir, 'switchyard.deploy.json'), JSON.stringify(config))
  const apply = (version: string, script: string): Promise<unknown> => {
    writeFileSync(join(kit.dir, 'app', 'run.sh'), `# ${version}\n${script}\n`)
    return kit.call('deploy.apply', { env: 'staging', version })
  }
  await apply('1.0.0', 'exec sleep 600')
  await apply('2.0.0', 'exec sleep 600')
  await kit.call('deploy.rollback', { env: 'staging' })
  await expect(apply('3.0.0', 'exit 3')).rejects.toMatchObject({ code: 'GATE_FAILED' })
  await kit.call('deploy.destroy', { env: 'staging' })

  const told = (): { topic: string; payload: { version?: string; reason?: string } }[] =>
    kit.messages.filter(({ topic }) => topic.startsWith('deploy/')) as never
  await expect.poll(() => told().at(-1)?.topic, { timeout: 30_000 }).toBe('deploy/destroyed')
  expect(told().map(({ topic, payload: { version = '-' } }) => [topic, version])).toEqual([
    ['deploy/began', '1.0.0'],
    ['deploy/done', '1.0.0'],
    ['deploy/began', '2.0.0'],
    ['deploy/done', '2.0.0'],
    ['deploy/began', '1.0.0'],
    ['deploy/rolled-back', '1.0.0'],
    ['deploy/began', '3.0.0'],
    ['deploy/returned', '3.0.0'],
    ['deploy/began', '-'],
    ['deploy/destroyed', '-'],
  ])
  expect(told()[1]?.payload).toMatchObject({ deployment: 1, kind: 'apply', stack: 'shop', env: 'staging', target: 'here', service: 'api' })
  expect(told()[7]?.payload.reason).toContain('started again')
  expect(JSON.stringify(told())).not.toContain('tulips')
})
