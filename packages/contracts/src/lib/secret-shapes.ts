/** A kind of secret that is known by how it looks. */
export interface SecretShape {
  readonly what: string
  /** Global; group 1 is the secret itself. */
  readonly matches: RegExp
}

/** Tokens and keys of known services. Every repetition that something must follow is bounded, so that no text makes a pattern slow. */
export const SECRET_SHAPES: readonly SecretShape[] = [
  { what: 'an AWS access key id', matches: /\b((?:AKIA|ASIA)[A-Z2-7]{16})\b/g },
  { what: 'a GitHub token', matches: /\b(gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})\b/g },
  { what: 'a GitLab token', matches: /\b(glpat-[A-Za-z0-9_-]{20,})/g },
  { what: 'a Slack token', matches: /\b(xox[abeprs]-[A-Za-z0-9-]{20,})/g },
  { what: 'a Slack webhook', matches: /hooks\.slack\.com\/services\/(T[A-Z0-9]{6,}\/B[A-Z0-9]{6,}\/[A-Za-z0-9]{20,})/g },
  { what: 'an Anthropic key', matches: /\b(sk-ant-[a-z0-9]{3,10}-[A-Za-z0-9_-]{40,})/g },
  { what: 'an OpenAI key', matches: /\b(sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,200}T3BlbkFJ[A-Za-z0-9_-]{20,200})/g },
  { what: 'a Google API key', matches: /\b(AIza[A-Za-z0-9_-]{35})\b/g },
  { what: 'a Stripe live key', matches: /\b([rs]k_live_[A-Za-z0-9]{20,})/g },
  { what: 'an npm token', matches: /\b(npm_[A-Za-z0-9]{36})\b/g },
  { what: 'a PyPI token', matches: /\b(pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,})/g },
  { what: 'a SendGrid key', matches: /\b(SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})/g },
  { what: 'a DigitalOcean token', matches: /\b(do[oprt]_v1_[a-f0-9]{64})\b/g },
  { what: 'a Docker Hub token', matches: /\b(dckr_pat_[A-Za-z0-9_-]{27,})/g },
  { what: 'a Hugging Face token', matches: /\b(hf_[A-Za-z]{34})\b/g },
  { what: 'a HashiCorp Vault token', matches: /\b(hv[sb]\.[A-Za-z0-9_-]{24,})/g },
  { what: 'a Telegram bot token', matches: /\b(\d{8,10}:AA[A-Za-z0-9_-]{33})\b/g },
  {
    what: 'a private key',
    matches: /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----(?:\\n|\s|[A-Za-z-]{1,40}: [^\n]{0,200}\n){0,8}([A-Za-z0-9+/=]{40,})/g,
  },
  {
    what: 'a password in a database address',
    matches:
      /\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?):\/\/[^\s:/@'"`]{0,100}:([^\s:/@'"`]{6,200})@(?!localhost\b|127\.|\[?::1|[^\s/'"`]{0,100}example)/g,
  },
]

/** One look for what begins any of them: nearly every text ends here. */
const HINT =
  /AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|hooks\.slack\.com|sk-ant-|T3BlbkFJ|AIza|[rs]k_live_|npm_|pypi-Ag|SG\.|do[oprt]_v1_|dckr_pat_|hf_|hv[sb]\.|:AA|PRIVATE KEY|:\/\/[^\s/@]{0,100}:[^\s/@]{1,200}@/

/** Whether a text may hold a secret of a known shape; false is sure. */
export function mayHoldSecretShape(text: string): boolean {
  return HINT.test(text)
}

/** The text with every secret of a known shape replaced by `[redacted]`; what is only named like a secret stays. */
export function redactShapes(text: string): string {
  if (!HINT.test(text)) return text
  let clean = text
  for (const { matches } of SECRET_SHAPES)
    clean = clean.replace(matches, (whole: string, secret: string) => whole.replace(secret, '[redacted]'))
  return clean
}
