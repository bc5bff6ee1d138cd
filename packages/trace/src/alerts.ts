export {
  type Alert,
  type AlertNotice,
  type AlertSink,
  type Alerts,
  type AlertsOptions,
  createAlerts,
  type Mute,
} from './lib/alerts/alerts.ts'
export type { AlertRule, RuleSettings, Severity } from './lib/alerts/rule.ts'
export { builtInRules } from './lib/alerts/rules.ts'
export { oneLine, webhook } from './lib/alerts/webhook.ts'
