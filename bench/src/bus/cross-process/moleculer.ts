// moleculer.ts ROLE PORT PORT: one process of the peer that talks over TCP, with everything on.
import { ServiceBroker } from 'moleculer'
import { drive, ready } from './driver.ts'

const [role = '', serverPort = '', clientPort = ''] = process.argv.slice(2)
const broker = new ServiceBroker({
  nodeID: role,
  logger: false,
  transporter: {
    type: 'TCP',
    options: {
      udpDiscovery: false,
      port: Number(role === 'server' ? serverPort : clientPort),
      urls: `127.0.0.1:${serverPort}/server, 127.0.0.1:${clientPort}/client`,
    },
  },
  validator: true,
  requestTimeout: 30_000,
  tracking: { enabled: true, shutdownTimeout: 1_000 },
  circuitBreaker: { enabled: true, threshold: 0.5, windowTime: 300, minRequestCount: 10, halfOpenTime: 60_000 },
  retryPolicy: { enabled: true, retries: 3 },
  bulkhead: { enabled: true, concurrency: 100, maxQueueSize: 1_000 },
  metrics: { enabled: true, reporter: [] },
  tracing: { enabled: true, exporter: [] },
})

if (role === 'server') {
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
  ready()
} else {
  await broker.start()
  await broker.waitForServices('math')
  drive({ request: (index) => broker.call('math.add', { a: index, b: 1 }) })
}
