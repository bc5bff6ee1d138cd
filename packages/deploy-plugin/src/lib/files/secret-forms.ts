/** What gives away a secret by its form. Every repetition is bounded, so that no text takes long. */
export const SECRET_FORMS: readonly (readonly [kind: string, form: RegExp])[] = [
  ['private key', /-----BEGIN (?:[A-Z]{2,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g],
  ['age key', /\bAGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{40,4000}\b/g],
  ['AWS access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g],
  ['GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})\b/g],
  ['GitLab token', /\bglpat-[\w-]{20,64}/g],
  ['Slack token', /\bxox[abeprs]-[\w-]{10,200}/g],
  ['Slack webhook', /https:\/\/hooks\.slack\.com\/services\/[\w/]{20,100}/g],
  ['Stripe key', /\b[rs]k_live_\w{16,255}\b/g],
  ['Google key', /\bAIza[\w-]{35}\b/g],
  ['npm token', /\bnpm_[A-Za-z0-9]{36}\b/g],
  ['OpenAI or Anthropic key', /\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,255}\b/g],
  ['SendGrid key', /\bSG\.[\w-]{22}\.[\w-]{43}/g],
  ['DigitalOcean token', /\bdo[oprt]_v1_[a-f0-9]{64}\b/g],
  ['Docker Hub token', /\bdckr_pat_[\w-]{27,255}/g],
  ['Vault token', /\bhv[sb]\.[\w-]{24,255}/g],
  ['Telegram token', /\b\d{8,10}:AA[\w-]{33}\b/g],
  ['JSON web token', /\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,1000}/g],
]

/** An address with the password that it holds, in a group. */
export const ADDRESS_WITH_PASSWORD = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'<>]{0,100}:([^\s/@"'<>]{1,200})@[\w.[\]$-]{1,253}/gi
