import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { connect } from 'node:tls'
import { withDeadline } from '../../deadline.ts'
import type { CheckOf } from '../../definition.ts'
import { networkFailure } from '../network-failure.ts'
import { degraded, figure, healthy, type ProbeSurroundings, unhealthy, unknown, type Verdict } from '../verdict.ts'

const DAY_MS = 86_400_000

interface Shown {
  readonly certificate: X509Certificate
  /** Why the machine does not trust it, apart from its age. */
  readonly distrust: string | undefined
}

export async function probeCertificate(check: CheckOf<'certificate'>, around: ProbeSurroundings): Promise<Verdict> {
  const { clock, workspace } = around
  const target = check.file ?? `${check.host}:${check.port}`
  try {
    if (check.file !== undefined) {
      const certificate = new X509Certificate(await readFile(resolve(workspace, check.file)))
      return judgeCertificate(check, target, { certificate, distrust: undefined }, clock.now())
    }
    const ca = check.ca === undefined ? undefined : await readFile(resolve(workspace, check.ca))
    const outcome = await withDeadline(around, check.timeoutMs, (signal) => shown(check.host ?? '', check.port, ca, signal))
    if (outcome.ended === 'too-late') return unhealthy('timeout', `${target} did not answer within ${check.timeoutMs} ms`)
    return judgeCertificate(check, target, outcome.value, clock.now())
  } catch (error) {
    around.signal.throwIfAborted()
    if (check.file === undefined) return networkFailure(target, error)
    const { code, message } = error as NodeJS.ErrnoException
    return unknown('no-access', `${target} cannot be read as a certificate: ${code ?? message}`)
  }
}

function shown(host: string, port: number, ca: Buffer | undefined, signal: AbortSignal): Promise<Shown> {
  const { promise, resolve, reject } = Promise.withResolvers<Shown>()
  const servername = isIP(host) === 0 ? { servername: host } : {}
  // What is wrong with the certificate is the answer here, so the connection must not end over it; nothing is sent.
  const socket = connect({ host, port, ...servername, rejectUnauthorized: false, ...(ca !== undefined && { ca }) })
  signal.addEventListener('abort', () => socket.destroy(), { once: true })
  socket.on('error', reject)
  socket.on('secureConnect', () => {
    const certificate = socket.getPeerX509Certificate()
    const { authorizationError } = socket
    socket.destroy()
    if (certificate === undefined) return reject(new Error('it showed no certificate'))
    const problem = authorizationError === undefined || authorizationError === null ? undefined : codeOf(authorizationError)
    resolve({ certificate, distrust: problem === 'CERT_HAS_EXPIRED' ? undefined : problem })
  })
  return promise
}

/** Typed as an Error, it is the bare code in fact. */
const codeOf = (error: Error | string): string =>
  typeof error === 'string' ? error : ((error as NodeJS.ErrnoException).code ?? error.message)

function judgeCertificate(check: CheckOf<'certificate'>, target: string, { certificate, distrust }: Shown, nowMs: number): Verdict {
  const { validFromDate, validToDate } = certificate
  const days = (validToDate.getTime() - nowMs) / DAY_MS
  const ends = validToDate.toISOString().slice(0, 10)
  const measured = { value: Math.floor(days * 10) / 10, warn: check.warnDays, limit: check.minDays, unit: 'days' }
  if (days < 0) return unhealthy('expired', `the certificate of ${target} expired on ${ends}`, measured)
  if (validFromDate.getTime() > nowMs)
    return unhealthy('tls', `the certificate of ${target} is not valid before ${validFromDate.toISOString().slice(0, 10)}`, measured)
  if (distrust !== undefined) return unhealthy('tls', `the certificate of ${target} is not to be trusted: ${distrust}`, measured)
  const told = `the certificate of ${target} is valid for ${figure(days)} days, until ${ends}`
  if (days < check.minDays) return unhealthy('limit', told, measured)
  if (days < check.warnDays) return degraded('limit', told, measured)
  return healthy(told, measured)
}
