import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { localHost } from '../hosts/local.ts'
import { openEngine } from './engine.ts'

it('openEngine() writes what a container is made with into no address, as engines keep those in their logs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-engine-'))
  const asked: { url: string | undefined; body: unknown }[] = []
  const server = createServer(async (request, response) => {
    asked.push({ url: request.url, body: JSON.parse(Buffer.concat(await request.toArray()).toString('utf8')) })
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"Id":"1"}')
  })
  const socket = join(folder, 'docker.sock')
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  try {
    const engine = await openEngine(localHost('here'), socket)
    expect((await engine.createContainer({ name: 'shop-web', Image: 'web', Env: ['DB_PASSWORD=tulips'] })).id).toBe('1')
    expect(asked).toEqual([{ url: '/v1.41/containers/create?name=shop-web', body: { Image: 'web', Env: ['DB_PASSWORD=tulips'] } }])
  } finally {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
