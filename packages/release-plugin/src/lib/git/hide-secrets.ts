/** Takes out of a program's words what must not be kept or shown: credentials in addresses, tokens of known kinds, `known` ones. */
export function hideSecrets(text: string, known: readonly (string | undefined)[] = []): string {
  let hidden = text
  for (const secret of known) if (secret !== undefined && secret.length >= 4) hidden = hidden.replaceAll(secret, HIDDEN)
  return hidden
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@]*@/gi, `$1${HIDDEN}@`)
    .replace(/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|npm_[A-Za-z0-9]{20,}|glpat-[\w-]{20,})/g, HIDDEN)
    .replace(
      /\b(authorization|_authToken|_auth|_password|token)(["']?\s*[:=]\s*["']?)(?:(?:bearer|basic|token)\s+)?[^\s"']+/gi,
      `$1$2${HIDDEN}`,
    )
}

const HIDDEN = '***'
