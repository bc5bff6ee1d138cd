export type {
  BreakerControl,
  Bus,
  BusClient,
  BusEvents,
  BusOptions,
  BusSnapshot,
  CallAnswer,
  CallOptions,
  ConnectOptions,
  GuardRule,
  HandlerContext,
  MessageContext,
  MessageHandler,
  MethodDescription,
  MethodHandler,
  PublishOptions,
  QueueOptions,
  RequestOptions,
  Sender,
  ServeOptions,
  StreamOptions,
  SubscribeOptions,
  Subscription,
  SubscriptionCounts,
} from './lib/api.ts'
export type { BreakerRecord } from './lib/breaker-table.ts'
export { createBus } from './lib/bus.ts'
export { createDurableLog } from './lib/durable/durable-log.ts'
export type {
  Appended,
  Backoff,
  DeadLetter,
  DeadLetterFilter,
  DeadLetterLimits,
  DeadLetterReason,
  DeadLetters,
  Delivery,
  DeliveryAttempt,
  DeliveryError,
  DurableEvent,
  DurableLog,
  DurableLogOptions,
  DurableRecord,
  DurableStart,
  DurableStats,
  DurableSubscribeOptions,
  DurableSubscription,
  DurableTopicRule,
  PruneReport,
  Receipt,
  SubscriptionStats,
} from './lib/durable.ts'
export {
  type BusHooks,
  type CallSpan,
  type DeliverySpan,
  joinHooks,
  type PublishedSpan,
  type SpanTrace,
  type UndeliveredSpan,
} from './lib/hooks.ts'
export { createHubLink, type HubLinkOptions } from './lib/link/hub-link.ts'
export { createMemoryNetwork, type MemoryNetwork } from './lib/link/memory.ts'
export type { Link, LinkEvent, LinkFrame, LinkInbox, LinkMeta } from './lib/link.ts'
export { createRecorder, type Recorder } from './lib/recorder.ts'
export { createTopicTrie, type TopicTrie } from './lib/topic-trie.ts'
