import { type Bus, type BusClient, createBus } from '@switchyard/bus'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

/** The worked example of one request through five plugins, step by step. */

let bus: Bus
let client: Record<'orchestrator' | 'fastapi' | 'lobbi' | 'frontend' | 'telemetry', BusClient>
beforeEach(() => {
  bus = createBus({ guard: () => ({ options: { breaker: { failures: 2 }, retry: { maxRetries: 0 } } }) })
  client = {
    orchestrator: bus.connect('orchestrator'),
    fastapi: bus.connect('fastapi-backend'),
    lobbi: bus.connect('lobbi-platform-manager'),
    frontend: bus.connect('frontend-powerhouse'),
    telemetry: bus.connect('telemetry'),
  }
})
afterEach(() => bus.close())

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the timeline of a request', () => {
  it('[W1] a routing decision reaches each subscribed plugin and telemetry once', async () => {
    const heard: string[] = []
    for (const name of ['fastapi', 'lobbi', 'telemetry'] as const) {
      client[name].subscribe('routing/decision', (payload) => {
        heard.push(`${name} ${(payload as { requestId: string }).requestId}`)
      })
    }
    const decision = { requestId: 'req_123', primaryPlugin: 'fastapi-backend', collaborationPlan: { phases: [] } }
    await client.orchestrator.publish('routing/decision', decision)
    await turn()
    expect(heard).toEqual(['fastapi req_123', 'lobbi req_123', 'telemetry req_123'])
  })

  it('[W2] a request runs its handler once, and the task that it starts is seen', async () => {
    let ran = 0
    const started: unknown[] = []
    client.orchestrator.subscribe('orchestration/task-start', (payload, { correlationId }) => void started.push([payload, correlationId]))
    client.fastapi.respond('plugin/fastapi-backend/request', async (_payload, message, context) => {
      ran++
      const task = { taskId: 'task_001', plugin: 'fastapi-backend', status: 'running' }
      await context.publish('orchestration/task-start', task, { correlationId: message.correlationId! })
      return { status: 'success' }
    })
    const command = { command: 'create_endpoint', parameters: { path: '/api/users', method: 'POST', database: 'mongodb' } }
    await client.orchestrator.request('plugin/fastapi-backend/request', command, { correlationId: 'req_123' })
    await turn()
    expect(ran).toBe(1)
    expect(started).toEqual([[{ taskId: 'task_001', plugin: 'fastapi-backend', status: 'running' }, 'req_123']])
  })

  it('[W3] the second phase is asked only after the first has answered', async () => {
    const order: string[] = []
    client.fastapi.respond('plugin/fastapi-backend/request', async () => {
      await turn()
      order.push('first answered')
      return { status: 'success', endpointPath: '/api/users', schemaId: 'users_schema_v1' }
    })
    client.lobbi.respond('plugin/lobbi-platform-manager/request', (payload) => {
      order.push(`second asked for ${(payload as { schemaId: string }).schemaId}`)
    })
    const first = (await client.orchestrator.request('plugin/fastapi-backend/request', {})) as { schemaId: string }
    await client.orchestrator.request('plugin/lobbi-platform-manager/request', { schemaId: first.schemaId })
    expect(order).toEqual(['first answered', 'second asked for users_schema_v1'])
  })

  it('[W4] a change of state is seen by those who listen to all of them', async () => {
    const seen: unknown[] = []
    client.lobbi.subscribe('state/*/change', (payload) => void seen.push(payload))
    const change = { type: 'register', key: 'current_endpoint', value: { path: '/api/users', authentication: 'required' } }
    await client.fastapi.publish('state/fastapi-backend/change', change)
    await turn()
    expect(seen).toEqual([change])
  })

  it('[W5] failures open the breaker, which is announced, and the next call is refused without reaching the plugin', async () => {
    let ran = 0
    const announced: unknown[] = []
    client.lobbi.serve('lobbi-platform-manager.deploy', () => {
      ran++
      throw new Error('K8s cluster unreachable')
    })
    client.telemetry.subscribe('plugin/*/circuit-breaker', (payload, { topic, source }) => void announced.push([topic, source, payload]))
    const codes: unknown[] = []
    for (let call = 0; call < 3; call++) {
      codes.push(await client.orchestrator.call('lobbi-platform-manager.deploy').catch((error: { code: string }) => error.code))
    }
    await turn()
    expect(codes).toEqual(['HANDLER_ERROR', 'HANDLER_ERROR', 'CIRCUIT_OPEN'])
    expect(ran).toBe(2)
    expect(announced).toEqual([
      [
        'plugin/lobbi-platform-manager/circuit-breaker',
        'bus',
        expect.objectContaining({ state: 'open', from: 'closed', reason: 'failures' }),
      ],
    ])
    expect(bus.snapshot().breakers).toEqual({ 'lobbi-platform-manager': 'open' })
  })

  it('[W6] a request with 30 seconds to go resolves with its result', async () => {
    client.lobbi.respond('plugin/lobbi-platform-manager/request', (payload, _message, context) => ({
      created: payload,
      inTime: context.remainingMs() > 29_000 && context.remainingMs() <= 30_000,
    }))
    const tenant = { command: 'create_tenant', parameters: { name: 'acme-corp' } }
    const answer = await client.orchestrator.request('plugin/lobbi-platform-manager/request', tenant, { timeoutMs: 30_000 })
    expect(answer).toEqual({ created: tenant, inTime: true })
  })

  it('[W7] one star hears one level and no deeper', async () => {
    const heard: string[] = []
    client.telemetry.subscribe('orchestration/*', (_payload, { topic }) => void heard.push(topic))
    const topics = ['task-start', 'task-complete', 'agent-spawn', 'checkpoint'].map((name) => `orchestration/${name}`)
    for (const topic of [...topics, 'orchestration', 'orchestration/task/start']) await client.orchestrator.publish(topic)
    await turn()
    expect(heard).toEqual(topics)
  })

  it('[W8] a filter lets through what it accepts', async () => {
    const heard: unknown[] = []
    client.telemetry.subscribe('system/*', (payload) => void heard.push(payload), { filter: ({ priority }) => priority >= 8 })
    for (const priority of [1, 7, 8, 10, 5]) {
      await client.orchestrator.publish('system/health', priority, { priority })
    }
    await turn()
    expect(heard).toEqual([8, 10])
  })

  it('[W9] a call returns the result itself', async () => {
    client.fastapi.serve('fastapi-backend.calculate-sum', (input) => {
      const { a, b } = input as { a: number; b: number }
      return a + b
    })
    expect(await client.orchestrator.call('fastapi-backend.calculate-sum', { a: 5, b: 3 })).toBe(8)
  })

  it('[W10] a call returns a structured result', async () => {
    client.frontend.serve('frontend-powerhouse.generate-component', (input) => {
      const { name, fields } = input as { name: string; fields: string[] }
      return {
        code: `export function ${name}() {}`,
        filePath: `src/${name}.tsx`,
        dependencies: ['yup', ...fields.map((field) => `field-${field}`)],
      }
    })
    const input = { name: 'ChakraForm', fields: ['name', 'email', 'phone'], validation: 'yup' }
    expect(await client.orchestrator.call('frontend-powerhouse.generate-component', input)).toEqual({
      code: 'export function ChakraForm() {}',
      filePath: 'src/ChakraForm.tsx',
      dependencies: ['yup', 'field-name', 'field-email', 'field-phone'],
    })
  })

  it('[W11] whoever subscribed before a plugin started sees that it is ready', async () => {
    const ready: string[] = []
    client.orchestrator.subscribe('plugin/*/status', (payload, { source }) => {
      ready.push(`${source} ${(payload as { status: string }).status}`)
    })
    await bus.connect('late').publish('plugin/late/status', { status: 'ready', timestamp: new Date(0).toISOString() })
    await turn()
    expect(ready).toEqual(['late ready'])
  })

  it('[W12] a call without what its method needs is refused before the handler', async () => {
    let ran = 0
    const schema = z.object({ serviceName: z.string(), environment: z.string() })
    client.lobbi.serve('lobbi-platform-manager.deploy-service', () => ++ran, { input: (value) => schema.parse(value) })
    const error = await client.orchestrator
      .call('lobbi-platform-manager.deploy-service', { environment: 'dev' })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'VALIDATION', message: expect.stringContaining('serviceName') })
    expect(ran).toBe(0)
  })

  it('[W13] an unknown method of a known plugin is an error that names it', async () => {
    client.lobbi.serve('lobbi-platform-manager.deploy', () => 1)
    const error = await client.orchestrator.call('lobbi-platform-manager.destroy').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'UNKNOWN_METHOD', message: expect.stringContaining('"lobbi-platform-manager.destroy"') })
  })
})
