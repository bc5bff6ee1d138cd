import type { Rule } from '../rule.ts'
import { caddySiteRules } from './caddy-sites.ts'
import { caddyUpstreamRules } from './caddy-upstreams.ts'
import { composeDangerRules } from './compose-danger.ts'
import { composeDataRules } from './compose-data.ts'
import { composeFileRules } from './compose-files.ts'
import { composeServiceRules } from './compose-services.ts'
import { envRules } from './env.ts'
import { stackRules } from './stack.ts'
import { systemdServiceRules } from './systemd-services.ts'
import { systemdUnitRules } from './systemd-units.ts'
import { toolRules } from './tools.ts'

/** In the order of the parts: what keeps a file from being read, what refers to what, variables, then what would be better. */
export const ALL_RULES: readonly Rule[] = [
  ...composeFileRules,
  ...composeServiceRules,
  ...composeDataRules,
  ...composeDangerRules,
  ...caddySiteRules,
  ...caddyUpstreamRules,
  ...systemdUnitRules,
  ...systemdServiceRules,
  ...envRules,
  ...stackRules,
  ...toolRules,
]
