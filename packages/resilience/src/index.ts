export type { Breaker, BreakerChange, BreakerReason, BreakerState } from './lib/breaker.ts'
export type { BreakerSnapshot } from './lib/breaker-snapshot.ts'
export type { Alternative, Answer, AnswerSource, Attempt, Call, CallRequest } from './lib/call.ts'
export { BREAKER_CODES } from './lib/errors.ts'
export { createGuard, type Guard, type GuardSetup, type Run } from './lib/guard.ts'
export {
  type BreakerOptions,
  type BulkheadOptions,
  type CacheOptions,
  type GuardOptions,
  type GuardSettings,
  parseGuardOptions,
  type RetryOptions,
} from './lib/options.ts'
export { createTimerWheel, createWheelEntry, type TimerWheel, type TimerWheelOptions, type WheelEntry } from './lib/timer-wheel.ts'
