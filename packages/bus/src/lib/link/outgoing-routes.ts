import { RouteNumbers } from './route-numbers.ts'
import { CLASSES, LANES, type Lane, type RouteClass } from './wire.ts'

/** What a process sends of one kind, for one identity, on one subject: told to the hub once a lane and then named by number. */
interface OutgoingRoute {
  readonly slot: number
  readonly class: RouteClass
  readonly subject: string
  readonly destination: string
  /** Of the numbers that its frames carry. */
  readonly origin: string
  /** By lane; -1 where the hub does not know it. */
  readonly numbers: [number, number, number]
}

/** The routes of one connection; a new connection starts with none. */
export interface OutgoingRoutes {
  /** The route if it was used before. */
  find(routeClass: RouteClass, source: string, subject: string, destination: string): OutgoingRoute | undefined
  add(routeClass: RouteClass, source: string, slot: number, subject: string, destination: string, origin: string): OutgoingRoute
  /** Gives the route its number in a lane, which must then be told to the hub. */
  assign(route: OutgoingRoute, lane: Lane): number
  /** Forgets an identity's routes. */
  forget(source: string): void
}

interface SourceRoutes {
  readonly publish: Map<string, OutgoingRoute>
  readonly directed: Map<string, OutgoingRoute>
  readonly request: Map<string, OutgoingRoute>
  readonly answer: Map<string, OutgoingRoute>
}

export function createOutgoingRoutes(): OutgoingRoutes {
  const sources = new Map<string, SourceRoutes>()
  const numbers = LANES.map(() => new RouteNumbers<{ route: OutgoingRoute; remove(): void }>())

  function mapOf(routes: SourceRoutes, routeClass: RouteClass, destination: string): Map<string, OutgoingRoute> {
    if (routeClass === CLASSES.answer) return routes.answer
    if (routeClass === CLASSES.request) return routes.request
    return destination === '*' ? routes.publish : routes.directed
  }

  const keyOf = (subject: string, destination: string): string => (destination === '*' ? subject : `${destination} ${subject}`)

  return {
    find(routeClass, source, subject, destination) {
      const routes = sources.get(source)
      if (routes === undefined) return undefined
      return mapOf(routes, routeClass, destination).get(keyOf(subject, destination))
    },
    add(routeClass, source, slot, subject, destination, origin) {
      const routes = sources.get(source) ?? { publish: new Map(), directed: new Map(), request: new Map(), answer: new Map() }
      sources.set(source, routes)
      const route: OutgoingRoute = { slot, class: routeClass, subject, destination, origin, numbers: [-1, -1, -1] }
      mapOf(routes, routeClass, destination).set(keyOf(subject, destination), route)
      return route
    },
    assign(route, lane) {
      const remove = (): void => {
        route.numbers[lane] = -1
        if (route.numbers.some((number) => number >= 0)) return
        for (const routes of sources.values()) {
          const map = mapOf(routes, route.class, route.destination)
          const key = keyOf(route.subject, route.destination)
          if (map.get(key) === route) map.delete(key)
        }
      }
      const { number, evicted } = numbers[lane]!.assign({ route, remove })
      evicted?.remove()
      route.numbers[lane] = number
      return number
    },
    forget(source) {
      sources.delete(source)
    },
  }
}
