import type { Rule } from '../rule.ts'

const nothing = (): readonly never[] => []

/** What programs say that know the formats best; they are asked where this machine has them. */
export const toolRules: readonly Rule[] = [
  {
    id: 'caddy.adapt',
    part: 'caddy',
    severity: 'critical',
    title: 'Caddy itself can read each Caddyfile',
    why: 'Caddy refuses the file, and keeps what it had before.',
    mend: 'mend what caddy adapt says',
    look: nothing,
  },
  {
    id: 'systemd.verify',
    part: 'systemd',
    severity: 'warning',
    title: 'systemd-analyze verify finds nothing in a unit',
    why: 'systemd passes over what it does not understand.',
    mend: 'mend what systemd-analyze verify says',
    look: nothing,
  },
  {
    id: 'stack.suppression',
    part: 'stack',
    severity: 'critical',
    title: 'Every suppression names a rule and a reason',
    why: 'What is accepted without a reason is accepted for ever.',
    mend: 'write "# switchyard:allow RULE until 2027-01-31: REASON", or an entry of switchyard.validate.json with rule, reason and until',
    look: nothing,
  },
]
