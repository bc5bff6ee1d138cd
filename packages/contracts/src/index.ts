export { type Clock, systemClock } from './lib/clock.ts'
export {
  asSwitchyardError,
  type ErrorDetails,
  fromWireError,
  isSwitchyardError,
  SwitchyardError,
  toWireError,
  type WireError,
} from './lib/error.ts'
