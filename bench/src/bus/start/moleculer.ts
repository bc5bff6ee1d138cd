// The peer with everything on, until its first call has been answered.
import { ServiceBroker } from 'moleculer'
import { report } from './report.ts'

const broker = new ServiceBroker({
  logger: false,
  validator: true,
  requestTimeout: 30_000,
  tracking: { enabled: true, shutdownTimeout: 1_000 },
  circuitBreaker: { enabled: true, threshold: 0.5, windowTime: 300, minRequestCount: 10, halfOpenTime: 60_000 },
  retryPolicy: { enabled: true, retries: 3 },
  bulkhead: { enabled: true, concurrency: 100, maxQueueSize: 1_000 },
  metrics: { enabled: true, reporter: [] },
  tracing: { enabled: true, exporter: [] },
})
broker.createService({
  name: 'math',
  actions: {
    add: {
      params: { a: 'number', b: 'number' },
      handler: async ({ params }: { params: { a: number; b: number } }) => ({ sum: params.a + params.b }),
    },
  },
})
await broker.start()
await broker.call('math.add', { a: 1, b: 2 })
report()
