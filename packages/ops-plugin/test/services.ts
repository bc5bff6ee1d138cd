import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { definePlugin } from '@switchyard/plugin-kit'
import { createTestYard, type TestYard, type TestYardOptions } from '@switchyard/testkit'
import { afterEach } from 'vitest'
import { runningServiceCommands } from '../src/lib/services/commands.ts'
import { serviceChanged, serviceListeners } from '../src/lib/services/events.ts'
import { EVENT_ENVIRONMENTS, SERVICE_TABLES } from '../src/lib/services/tables.ts'

/** The part of ops that looks at what runs, alone, so that its tests open in no time. */
export const services = definePlugin({
  name: 'ops',
  version: '1.0.0',
  summary: 'The part of ops that looks at what runs',
  touches: { files: ['**'], plugins: ['deploy'] },
  publishes: [serviceChanged],
  listens: serviceListeners,
  tables: [SERVICE_TABLES, EVENT_ENVIRONMENTS],
  commands: runningServiceCommands,
})

const STEP_MS = 2

const open: (() => unknown)[] = []

/** Runs after the test, last come first. */
export const afterwards = (work: () => unknown): void => void open.push(work)

afterEach(async () => {
  for (const work of open.splice(0).reverse()) await work()
})

/** A yard whose workspace defines these services. */
export async function serviceYard(entries: readonly object[], more: Partial<TestYardOptions> = {}): Promise<TestYard> {
  const files = { 'switchyard.services.json': JSON.stringify({ services: entries }), ...more.files }
  const kit = await createTestYard({ ...more, plugins: [services, ...(more.plugins ?? [])], files })
  afterwards(() => kit[Symbol.asyncDispose]())
  return kit
}

/** A web server whose answers the test sets. */
export async function web(status: () => number): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status()).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterwards(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** Plans and approves. */
export async function run(kit: TestYard, command: string, input: object = {}): Promise<unknown> {
  const { id } = await kit.plan(command, input)
  return kit.approve(id)
}

/** Moves the clock in small steps, between which real answers come in, until the work ends; while `holds` says so it stands still. */
export async function drive<result>(kit: TestYard, work: Promise<result>, holds = (): boolean => false): Promise<result> {
  let isOver = false
  const ended = work.finally(() => {
    isOver = true
  })
  ended.catch(() => undefined)
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve))
    if (!holds()) kit.clock.advance(STEP_MS)
  }
  return ended
}
