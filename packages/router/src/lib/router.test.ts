import { expect, test } from 'vitest'
import { parseRouter, route, serializeRouter, trainRouter } from './router.ts'

const model = trainRouter([
  { id: 'ops.health.scan', summary: 'Check that services are healthy', examples: ['is the api healthy', 'check the health of everything'] },
  {
    id: 'deploy.apply',
    summary: 'Deploy a version to an environment',
    examples: ['deploy the api to staging', 'ship version 2 to production'],
  },
])

test('route() ranks the command whose examples are closest first', () => {
  expect(route(model, 'deploy the web to production').ranked[0]?.id).toBe('deploy.apply')
})

test('parseRouter() gives back a model that routes the same', () => {
  const again = parseRouter(serializeRouter(model))
  expect(route(again, 'is the db healthy')).toEqual(route(model, 'is the db healthy'))
})

test('route() abstains on an empty text', () => {
  expect(route(model, '  ')).toMatchObject({ outcome: 'abstain', reason: 'empty', ranked: [] })
})
