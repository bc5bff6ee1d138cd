/** What people write where a value will be. */
const PLACEHOLDER =
  /^(change[-_ ]?(me|it|this).*|todo|tbd|fixme|x{3,}|\*{3,}|\.{3,}|<.*>|\[.*\]|your[-_ ].*|replace[-_ ].*|insert[-_ ].*|(?:example|placeholder|dummy|sample)\b.*|.*[-_]here|secret|password)$/i

/** Whether somebody still has to put the real value in. */
export const isPlaceholder = (value: string): boolean => PLACEHOLDER.test(value.trim())
