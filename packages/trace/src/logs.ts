export { type LevelOverride, levelOverride, setLevelOverride } from './lib/logs/live-level.ts'
export { isLeastLevel, type LeastLevel, LOG_LEVELS, type LogLevel, type LogLine } from './lib/logs/log-line.ts'
export { createLogs, type LogPlace, type Logs, type LogsOptions, type LogWriter } from './lib/logs/logs.ts'
export { followLogs, type LogFilter, readLogs } from './lib/logs/read-logs.ts'
