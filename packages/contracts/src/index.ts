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
export type { Grant, Message, MessageHeaders, MessageType } from './lib/message.ts'
export { printable } from './lib/printable.ts'
export { createShortId, SHORT_ID_LETTERS } from './lib/short-id.ts'
export type { CommitOptions, SqlParameters, SqlValue, Statement } from './lib/sql.ts'
export { isTopic, isTopicPattern, MAX_TOPIC_LENGTH } from './lib/topic.ts'
