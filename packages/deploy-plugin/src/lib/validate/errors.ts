import { SwitchyardError } from '@switchyard/plugin-kit'

export const stackInvalid = (critical: number, warnings: number, strict: boolean, worst: string): SwitchyardError =>
  new SwitchyardError(
    'STACK_INVALID',
    `Cannot pass as the stack must have nothing critical${strict ? ' and no warning' : ''}: it has ${critical} critical, ${warnings} warnings\n${worst}`.trimEnd(),
    { data: { critical, warnings }, next: 'see everything with: switchyard deploy validate' },
  )

export const ruleUnknown = (id: string, closest: string | undefined): SwitchyardError =>
  new SwitchyardError(
    'RULE_UNKNOWN',
    `Cannot find the rule ${JSON.stringify(id)} as it must be one of docs/reference/deploy-rules.md: it is not`,
    {
      data: { id },
      ...(closest !== undefined && { next: `perhaps ${closest} was meant` }),
    },
  )
