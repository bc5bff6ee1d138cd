import { type Problem, unhealthy, type Verdict } from './verdict.ts'

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'HOSTNAME_MISMATCH',
])

/** What a failed connection means, in words for people. */
export function networkFailure(target: string, error: unknown): Verdict {
  const { code = '', message } = firstCause(error)
  const told = (problem: Problem, reason: string): Verdict => unhealthy(problem, reason)
  if (code === 'ECONNREFUSED') return told('refused', `nobody listens on ${target}`)
  if (code === 'ENOTFOUND') return told('dns', `the name in ${target} does not exist (ENOTFOUND)`)
  if (code === 'EAI_AGAIN') return told('dns', `the name in ${target} could not be resolved: the name server does not answer (EAI_AGAIN)`)
  if (code === 'CERT_HAS_EXPIRED') return told('expired', `the certificate of ${target} has expired`)
  if (UNTRUSTED.has(code)) return told('tls', `the certificate of ${target} is not to be trusted: ${message} (${code})`)
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return told('tls', `no TLS with ${target}: ${code}`)
  if (code === 'ECONNRESET' || code === 'EPIPE') return told('reset', `${target} closed the connection (${code})`)
  if (code === 'ETIMEDOUT') return told('timeout', `${target} did not answer (ETIMEDOUT)`)
  if (['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ENETDOWN'].includes(code))
    return told('unreachable', `no way to ${target} (${code})`)
  if (code.startsWith('HPE_')) return told('status', `${target} does not speak HTTP (${code})`)
  return told('unreachable', `no connection to ${target}: ${code || message}`)
}

/** Several addresses of one name fail as one AggregateError, whose first error says the most. */
function firstCause(error: unknown): { code?: string; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return firstCause(error.errors[0])
  if (!(error instanceof Error)) return { message: String(error) }
  const { code } = error as NodeJS.ErrnoException
  return { message: error.message, ...(typeof code === 'string' && { code }) }
}
