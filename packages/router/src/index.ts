export type { Candidate, SlotValues } from './lib/candidate.ts'
export type { Outcome, Ranked, Reason, Routed, RouteOptions } from './lib/routed.ts'
export { parseRouter, type RouterModel, route, serializeRouter, type TrainOptions, trainRouter } from './lib/router.ts'
