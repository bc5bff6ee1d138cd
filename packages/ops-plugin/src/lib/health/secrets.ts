interface Pattern {
  readonly what: string
  /** Group 1 is the secret itself, judged for being a placeholder; never shown. */
  readonly matches: RegExp
}

/** Every repetition that something must follow is bounded, so that no text makes a pattern slow. */
const PATTERNS: readonly Pattern[] = [
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

/** One look for what begins any of the patterns: nearly every file ends here. */
const HINT =
  /AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|hooks\.slack\.com|sk-ant-|T3BlbkFJ|AIza|[rs]k_live_|npm_|pypi-Ag|SG\.|do[oprt]_v1_|dckr_pat_|hf_|hv[sb]\.|:AA|PRIVATE KEY|:\/\/[^\s/@]{0,100}:[^\s/@]{1,200}@/

/** Lines so marked were looked at by a person; the marks are those of other scanners. */
const ALLOWED = /gitleaks:allow|pragma: allowlist secret|trufflehog:ignore|secretlint-disable-line/

const MAX_FOUND = 100

export interface Secret {
  readonly line: number
  readonly what: string
}

/** Secrets of known shape in a text, by line; what plainly is a placeholder is left out, and the secret itself is never returned. */
export function findSecrets(text: string): readonly Secret[] {
  if (!HINT.test(text)) return []
  const found: Secret[] = []
  for (const { what, matches } of PATTERNS) {
    for (const match of text.matchAll(matches)) {
      if (isPlaceholder(match[1] ?? '')) continue
      const start = text.lastIndexOf('\n', match.index) + 1
      const end = text.indexOf('\n', match.index)
      if (ALLOWED.test(text.slice(start, end === -1 ? undefined : end))) continue
      if (found.length === MAX_FOUND) return found
      found.push({ line: text.slice(0, match.index).split('\n').length, what })
    }
  }
  return found.sort((a, b) => a.line - b.line)
}

/** The text with every secret of known shape replaced by `[redacted]`, placeholders and allowed lines too: what is shown need not be sure. */
export function redactSecrets(text: string): string {
  if (!HINT.test(text)) return text
  let clean = text
  for (const { matches } of PATTERNS) clean = clean.replace(matches, (whole: string, secret: string) => whole.replace(secret, '[redacted]'))
  return clean
}

const LEAST_DIFFERENT_CHARS = 5

function isPlaceholder(secret: string): boolean {
  if (/example|placeholder|changeme|change-me|your[-_]?|redacted|dummy|fake|secret|passw|xxxx|\*\*\*|\.\.\.|[${<>}]|%[sd(]/i.test(secret))
    return true
  return new Set(secret).size < LEAST_DIFFERENT_CHARS || '0123456789abcdefghijklmnopqrstuvwxyz'.includes(secret.toLowerCase())
}
