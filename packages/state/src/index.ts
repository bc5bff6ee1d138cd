export type {
  CompactReport,
  ConflictSide,
  HistoryChange,
  HistoryFilter,
  HistoryRecord,
  NamespaceSummary,
  NamespaceUse,
  State,
  StateConflict,
  StateEvents,
  StateOptions,
  VerifyReport,
} from './lib/api.ts'
export { createState } from './lib/state.ts'
