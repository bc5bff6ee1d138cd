const RULES_PAGE = 'docs/reference/deploy-rules.md'

/** Where a rule is explained: the page in this project's docs and the section in it. */
export const docsOf = (rule: string): string => `${RULES_PAGE}#${rule.replaceAll('.', '')}`
