export type {
  CompactReport,
  ConflictSide,
  HistoryChange,
  HistoryFilter,
  HistoryRecord,
  NamespaceSummary,
  State,
  StateConflict,
  StateEvents,
  StateOptions,
  VerifyReport,
} from './lib/api.ts'
export { createState } from './lib/state.ts'
