/** One line of `switchyard doctor`: what was checked, what was found, how to mend it. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'failed'
  readonly found: string
  readonly mend?: string
}
