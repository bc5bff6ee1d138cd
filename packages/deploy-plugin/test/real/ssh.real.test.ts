import { startCaddy, startEngine, startSshd } from '@switchyard/testkit/real'
import { describe, expect, it } from 'vitest'
import { startLoad } from './load.ts'
import { createStack } from './stack.ts'
import { startedFor } from './started.ts'

const real = startedFor({ engine: startEngine, caddy: startCaddy, sshd: startSshd })

const SERVER = `import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
const page = readFileSync(new URL('page.txt', import.meta.url), 'utf8')
createServer((_, answer) => answer.end(page + process.env.MOOD)).listen(Number(process.env.PORT), '127.0.0.1')
`
const page = (text: string): Record<string, string> => ({ 'www/index.html': `${text}\n` })

describe('a stack on another machine, over SSH', () => {
  it('is deployed, changed under load without one failed request, and returned', async () => {
    const digests = [real.engine.image('far:1', page('far-1')), real.engine.image('far:2', page('far-2'))]
    const quick = { stableForSeconds: 0.5, startForSeconds: 30, drainSeconds: 5 }
    await using stack = await createStack(
      {
        stack: 'far',
        targets: { 'web-1': { ...real.sshd.target, engine: real.engine.socket } },
        environments: { production: { target: 'web-1', protected: true, envFile: '.env.production' } },
        services: {
          web: { handler: 'compose', port: 8080, hostname: 'far.test', health: { http: '/' }, ...quick },
          app: {
            handler: 'process',
            source: 'app',
            command: [process.execPath, 'server.mjs'],
            port: 80,
            hostname: 'app.far.test',
            health: { http: '/' },
            ...quick,
          },
          docs: { handler: 'static', source: 'docs', hostname: 'docs.far.test' },
        },
        proxy: { admin: real.caddy.admin },
      },
      {
        'compose.yaml': 'services: { web: { image: "localhost/far:1" } }\n',
        'app/server.mjs': SERVER,
        'app/page.txt': 'app-1 ',
        'docs/index.html': 'docs-1',
        '.env.production': 'MOOD="it\'s \\"fine\\" \\$HOME"\n',
      },
    )
    const deploy = (): ReturnType<typeof stack.call> => stack.call('apply', { env: 'production', confirm: 'production' })
    await expect(stack.call('apply', { env: 'production', confirm: 'prod' })).rejects.toMatchObject({ code: 'ENVIRONMENT_NOT_CONFIRMED' })
    const first = await deploy()
    expect(first.services.map(({ service, slot }) => `${service} ${slot}`)).toEqual(['web blue', 'app blue', 'docs blue'])
    const load = await startLoad(real.caddy.port, 'far.test', 'app.far.test', 'docs.far.test')

    stack.write('compose.yaml', 'services: { web: { image: "localhost/far:2" } }\n')
    stack.write('app/page.txt', 'app-2 ')
    stack.write('docs/index.html', 'docs-2')
    const second = await deploy()
    expect(second.services.map(({ service, slot }) => `${service} ${slot}`)).toEqual(['web green', 'app green', 'docs green'])
    const back = await stack.call('rollback', { env: 'production', confirm: 'production', why: 'the colours are wrong' })
    expect(back.services.find(({ service }) => service === 'web')).toMatchObject({ from: digests[1], to: digests[0], slot: 'blue' })

    // A release that is never well is returned from there too, and nobody sees anything of it.
    real.engine.image('far:3', { serve: 'echo "FATAL no configuration"\nexit 3\n' })
    stack.write('compose.yaml', 'services: { web: { image: "localhost/far:3" } }\n')
    await expect(stack.call('apply', { env: 'production', confirm: 'production', service: ['web'] })).rejects.toMatchObject({
      code: 'GATE_FAILED',
      data: { returned: true },
    })

    const mood = `it's "fine" $HOME`
    const { failed, reused, asked, pages } = await load.stop()
    expect(failed).toEqual([])
    expect(reused).toBeGreaterThan(asked * 0.9)
    expect(Object.keys(pages).sort()).toEqual([`app-1 ${mood}`, `app-2 ${mood}`, 'docs-1', 'docs-2', 'far-1', 'far-2'])
  })

  it('is not spoken to where it shows another host key', async () => {
    const target = { ...real.sshd.target, hostKey: `SHA256:${'A'.repeat(43)}` }
    await using stack = await createStack({
      stack: 'far',
      targets: { 'web-1': target },
      environments: { production: { target: 'web-1' } },
      services: { docs: { handler: 'static', source: 'docs' } },
    })
    await expect(stack.call('apply', { env: 'production' })).rejects.toMatchObject({
      code: 'HOST_KEY_MISMATCH',
      data: { expected: target.hostKey, found: real.sshd.target.hostKey },
    })
  })
})
