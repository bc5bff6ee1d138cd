import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { AlertNotice } from './alerts.ts'
import { oneLine, webhook } from './webhook.ts'

const notice: AlertNotice = {
  news: 'fired',
  atMs: 1,
  rule: 'breaker-open',
  title: 'A breaker is open',
  subject: 'ops',
  severity: 'critical',
  says: 'The breaker of "ops" is open',
  value: 2,
  above: 1,
  firedMs: 1,
  first: 'See what failed',
  runbook: 'docs/runbooks/alerts.md#breaker-open',
}

const closes: (() => void)[] = []
afterEach(() => {
  for (const close of closes.splice(0)) close()
})

async function receiver(statuses: readonly number[]): Promise<{ url: string; got: unknown[] }> {
  const got: unknown[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    response.writeHead(statuses[got.length] ?? 200, { location: 'http://127.0.0.1:1/' }).end('x')
    got.push(JSON.parse(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  closes.push(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/s3cr3t`, got }
}

describe('webhook()', () => {
  it('posts the alert, with a line for chats', async () => {
    const { url, got } = await receiver([])
    await webhook(url, '/srv/app')(notice)
    expect(got).toEqual([{ text: '[critical] The breaker of "ops" is open. See what failed', workspace: '/srv/app', ...notice }])
  })

  it('tries again where the other side is unwell, and not where it refuses or points elsewhere', async () => {
    const unwell = await receiver([503])
    await webhook(unwell.url, 'w')(notice)
    expect(unwell.got).toHaveLength(2)
    const refusing = await receiver([404, 404])
    await expect(webhook(refusing.url, 'w')(notice)).rejects.toMatchObject({ code: 'WEBHOOK_FAILED' })
    expect(refusing.got).toHaveLength(1)
    const pointing = await receiver([302, 302])
    await expect(webhook(pointing.url, 'w')(notice)).rejects.toMatchObject({ code: 'WEBHOOK_FAILED' })
  })

  it('never says its address, which may be a secret', async () => {
    const error = await Promise.resolve(webhook('http://127.0.0.1:1/s3cr3t', 'w')(notice)).catch((thrown: unknown) => thrown)
    expect(JSON.stringify([String(error), error])).not.toContain('s3cr3t')
    expect(error).toMatchObject({ code: 'WEBHOOK_FAILED' })
  })
})

describe('oneLine()', () => {
  it('says what is over', () => {
    expect(oneLine({ ...notice, news: 'resolved' })).toBe('[resolved] A breaker is open (ops)')
    expect(oneLine({ ...notice, news: 'still' })).toMatch(/^\[still critical\] /)
  })
})
