import { ROUTE_NUMBERS } from './wire.ts'

/** Hands out numbers to routes; when none is free the one that was given out longest ago goes to the new route. */
export class RouteNumbers<route> {
  readonly #routes: (route | undefined)[] = []
  #next = 0

  /** The number for the route, and who loses it. */
  assign(route: route): { number: number; evicted: route | undefined } {
    const number = this.#next
    this.#next = (number + 1) % ROUTE_NUMBERS
    const evicted = this.#routes[number]
    this.#routes[number] = route
    return { number, evicted }
  }
}
