import { readFile } from 'node:fs/promises'
import * as http from 'node:http'
import * as https from 'node:https'
import { resolve } from 'node:path'
import { redact } from '@switchyard/plugin-kit/redact'
import { withDeadline } from '../../deadline.ts'
import type { CheckOf } from '../../definition.ts'
import { networkFailure } from '../network-failure.ts'
import { judge, type ProbeSurroundings, unhealthy, unknown, type Verdict } from '../verdict.ts'

const MAX_BODY_BYTES = 1024 * 1024

interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly body: string
}

/** One request as it stands: no redirect is followed, as only the address of the definition may be asked. */
export async function probeHttp(check: CheckOf<'http'>, around: ProbeSurroundings): Promise<Verdict> {
  const { clock, trusted, env, workspace } = around
  const target = `${new URL(check.url).host}${new URL(check.url).pathname}`
  const headers: Record<string, string> = { 'user-agent': 'switchyard-ops', accept: '*/*' }
  for (const [header, variable] of Object.entries(check.headersFromEnv ?? {})) {
    if (!trusted) return unknown('not-trusted', `headers from the environment are sent only for services that a person trusts`)
    const value = env(variable)
    if (value === undefined) return unknown('missing', `the environment variable ${variable} is not set`)
    headers[header.toLowerCase()] = value
  }
  const started = clock.monotonicMs()
  try {
    const ca = check.ca === undefined ? undefined : await readFile(resolve(workspace, check.ca))
    const outcome = await withDeadline(around, check.timeoutMs, (signal) => ask(check, headers, ca, signal))
    if (outcome.ended === 'too-late') return unhealthy('timeout', `${target} did not answer within ${check.timeoutMs} ms`)
    const latencyMs = Math.round(clock.monotonicMs() - started)
    return { ...judgeAnswer(check, target, outcome.value, latencyMs), latencyMs }
  } catch (error) {
    around.signal.throwIfAborted()
    return networkFailure(target, error)
  }
}

function ask(check: CheckOf<'http'>, headers: Record<string, string>, ca: Buffer | undefined, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const client = check.url.startsWith('https:') ? https : http
  const asked = client.request(check.url, { method: check.method, headers, signal, agent: false, ...(ca !== undefined && { ca }) })
  asked.on('error', reject)
  asked.on('response', (answer) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const told = (): Answer => ({
      status: answer.statusCode ?? 0,
      location: answer.headers.location,
      body: Buffer.concat(chunks).toString('utf8'),
    })
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes < MAX_BODY_BYTES) return
      resolve(told())
      answer.destroy()
    })
    answer.on('end', () => resolve(told()))
    answer.on('error', reject)
  })
  asked.end()
  return promise
}

function judgeAnswer(check: CheckOf<'http'>, target: string, { status, location, body }: Answer, latencyMs: number): Verdict {
  const isRight = check.status === undefined ? status >= 200 && status <= 299 : check.status.includes(status)
  if (!isRight) {
    const wanted = check.status === undefined ? 'a status from 200 to 299' : check.status.join(' or ')
    const leads = location === undefined ? '' : `, which leads to ${redact(location.slice(0, 200))}`
    return unhealthy('status', `${target} answered ${status}${leads}; expected ${wanted}`)
  }
  if (check.body !== undefined && check.method !== 'HEAD' && !body.includes(check.body)) {
    return unhealthy('body', `${target} answered ${status} without the text ${JSON.stringify(check.body)}`)
  }
  const { maxLatencyMs: limit, warnLatencyMs: warn } = check
  const verdict = judge('slow', `the answer of ${target}`, latencyMs, { limit, warn, unit: 'ms' })
  return verdict.status === 'HEALTHY' ? { ...verdict, reason: `${target} answered ${status} in ${latencyMs} ms` } : verdict
}
