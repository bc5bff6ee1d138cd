export { createFakeClock, type FakeClock } from './lib/fake-clock.ts'
