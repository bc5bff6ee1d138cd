import { expect, it } from 'vitest'
import { createOutgoingRoutes } from './outgoing-routes.ts'
import { CLASSES, ROUTE_NUMBERS } from './wire.ts'

it('createOutgoingRoutes() takes the oldest number for a new route and forgets a route that has none left', () => {
  const routes = createOutgoingRoutes()
  const first = routes.add(CLASSES.publish, 'a', 1, 'first', '*', '')
  expect(routes.assign(first, 2)).toBe(0)
  routes.assign(first, 0)
  for (let index = 1; index <= ROUTE_NUMBERS; index++) routes.assign(routes.add(CLASSES.publish, 'a', 1, `t/${index}`, '*', ''), 2)
  expect(first.numbers).toEqual([0, -1, -1])
  expect(routes.find(CLASSES.publish, 'a', 'first', '*')).toBe(first)
  for (let index = 1; index <= ROUTE_NUMBERS; index++) routes.assign(routes.add(CLASSES.publish, 'a', 1, `u/${index}`, '*', ''), 0)
  expect(routes.find(CLASSES.publish, 'a', 'first', '*')).toBeUndefined()
})

it('createOutgoingRoutes() tells kinds, sources and destinations of one subject apart', () => {
  const routes = createOutgoingRoutes()
  const route = routes.add(CLASSES.publish, 'a', 1, 'x', '*', '')
  expect(routes.find(CLASSES.publish, 'a', 'x', '*')).toBe(route)
  expect(routes.find(CLASSES.request, 'a', 'x', '*')).toBeUndefined()
  expect(routes.find(CLASSES.publish, 'b', 'x', '*')).toBeUndefined()
  expect(routes.find(CLASSES.publish, 'a', 'x', 'b')).toBeUndefined()
})
