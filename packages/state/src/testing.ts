export type { Frame } from './lib/frame.ts'
export { Replica, type ReplicaOptions } from './lib/replica.ts'
export { createStampClock } from './lib/stamp.ts'
