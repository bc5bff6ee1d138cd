import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { join } from 'node:path'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestCertificate } from '../../../../test/certificate.ts'
import { serviceSchema } from '../definition.ts'
import { checkServices } from './check-service.ts'
import { judgeUnit } from './probes/unit.ts'
import type { ProbeSurroundings, Verdict } from './verdict.ts'

const DAY_MS = 86_400_000
let kit: TestYard
let clock: TestYard['clock']
let dir: string
const open: { close(): void }[] = []

beforeEach(async () => {
  kit = await createTestYard({ plugins: [] })
  ;({ clock, dir } = kit)
  clock.jump(Date.now() - clock.now())
})

afterEach(async () => {
  for (const one of open.splice(0)) one.close()
  await kit[Symbol.asyncDispose]()
})

async function look(check: Record<string, unknown>, around: Partial<ProbeSurroundings> = {}): Promise<Verdict & { check: string }> {
  const service = serviceSchema.parse({ name: 'api', checks: [check] })
  const signal = new AbortController().signal
  const surroundings = { clock, signal, workspace: dir, engineSocket: undefined, trusted: true, env: () => undefined, ...around }
  const [observation] = await checkServices([service], () => surroundings)
  return observation!.checks[0]!
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push({ close: () => server.close() })
  return (server.address() as AddressInfo).port
}

async function web(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  const port = await listen(server)
  open.push({ close: () => server.closeAllConnections() })
  return `http://127.0.0.1:${port}/health`
}

async function freePort(): Promise<number> {
  const server = createTcpServer()
  const port = await listen(server)
  server.close()
  await once(server, 'close')
  return port
}

async function tlsServer({ from = -1, to = 90, host = '127.0.0.1' }: { from?: number; to?: number; host?: string }): Promise<number> {
  const made = createTestCertificate({ host, from: new Date(Date.now() + from * DAY_MS), to: new Date(Date.now() + to * DAY_MS) })
  writeFileSync(join(dir, 'ca.pem'), made.cert)
  const server = createTlsServer(made, (_, response) => response.end('ok'))
  server.on('tlsClientError', () => {})
  open.push({ close: () => server.closeAllConnections() })
  return listen(server)
}

describe('an http check', () => {
  it('is HEALTHY for a right answer', async () => {
    const url = await web((_, response) => response.end('all is well'))
    expect(await look({ type: 'http', url, body: 'is well' })).toMatchObject({ status: 'HEALTHY', latencyMs: 0 })
  })

  it('is UNHEALTHY where nobody listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}/`
    expect(await look({ type: 'http', url })).toMatchObject({ status: 'UNHEALTHY', problem: 'refused' })
  })

  it('is UNHEALTHY where the name does not resolve', async () => {
    expect(await look({ type: 'http', url: 'http://no-such-host.invalid/' })).toMatchObject({ status: 'UNHEALTHY', problem: 'dns' })
  })

  it('gives up on a server that accepts and never answers', async () => {
    const url = await web(() => clock.advance(5_000))
    expect(await look({ type: 'http', url })).toMatchObject({
      status: 'UNHEALTHY',
      problem: 'timeout',
      reason: expect.stringContaining('did not answer within 5000 ms'),
    })
  })

  it('gives up on a server that stops in the middle of its answer', async () => {
    const url = await web((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => clock.advance(5_000))
    })
    expect(await look({ type: 'http', url })).toMatchObject({ status: 'UNHEALTHY', problem: 'timeout' })
  })

  it('is UNHEALTHY where the connection is cut', async () => {
    const url = await web((request) => request.socket.destroy())
    expect(await look({ type: 'http', url })).toMatchObject({ status: 'UNHEALTHY', problem: 'reset' })
  })

  it('is UNHEALTHY for a status that is not right, and takes those that are named', async () => {
    const url = await web((_, response) => response.writeHead(500).end())
    expect(await look({ type: 'http', url })).toMatchObject({ status: 'UNHEALTHY', problem: 'status' })
    expect(await look({ type: 'http', url, status: [500] })).toMatchObject({ status: 'HEALTHY' })
  })

  it('follows no redirect', async () => {
    const asked: (string | undefined)[] = []
    const url = await web((request, response) => {
      asked.push(request.url)
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    expect(await look({ type: 'http', url })).toMatchObject({ problem: 'status', reason: expect.stringContaining('/elsewhere') })
    expect(asked).toEqual(['/health'])
  })

  it('is UNHEALTHY where the text is not in the answer', async () => {
    const url = await web((_, response) => response.end('maintenance'))
    expect(await look({ type: 'http', url, body: 'ok' })).toMatchObject({ status: 'UNHEALTHY', problem: 'body' })
  })

  it('is DEGRADED from 80 % of the longest time, and UNHEALTHY beyond it', async () => {
    let tookMs = 850
    const url = await web((_, response) => {
      clock.advance(tookMs)
      response.end()
    })
    expect(await look({ type: 'http', url, maxLatencyMs: 1_000 })).toMatchObject({ status: 'DEGRADED', problem: 'slow', latencyMs: 850 })
    tookMs = 1_001
    expect(await look({ type: 'http', url, maxLatencyMs: 1_000 })).toMatchObject({ status: 'UNHEALTHY', problem: 'slow' })
  })

  it('is UNHEALTHY for something else than HTTP', async () => {
    const port = await listen(createTcpServer((socket) => socket.end('SSH-2.0-x\r\n')))
    expect(await look({ type: 'http', url: `http://127.0.0.1:${port}/` })).toMatchObject({ status: 'UNHEALTHY', problem: 'status' })
  })

  it('reads no more of an endless answer than 1 MB', async () => {
    const chunk = Buffer.alloc(256 * 1024, 'x')
    const url = await web((_, response) => {
      response.on('drain', () => response.write(chunk))
      response.write(chunk)
    })
    expect(await look({ type: 'http', url })).toMatchObject({ status: 'HEALTHY' })
  })

  it('is UNHEALTHY for a certificate that nobody vouches for, has expired, or is for another name', async () => {
    const url = async (options: Parameters<typeof tlsServer>[0]): Promise<string> => `https://127.0.0.1:${await tlsServer(options)}/`
    expect(await look({ type: 'http', url: await url({}) })).toMatchObject({ status: 'UNHEALTHY', problem: 'tls' })
    expect(await look({ type: 'http', url: await url({}), ca: 'ca.pem' })).toMatchObject({ status: 'HEALTHY' })
    expect(await look({ type: 'http', url: await url({ to: -0.5 }), ca: 'ca.pem' })).toMatchObject({
      status: 'UNHEALTHY',
      problem: 'expired',
    })
    expect(await look({ type: 'http', url: await url({ host: 'other.example' }), ca: 'ca.pem' })).toMatchObject({ problem: 'tls' })
  })

  it('sends what the environment holds only for a service that is trusted', async () => {
    const seen: (string | undefined)[] = []
    const url = await web((request, response) => {
      seen.push(request.headers.authorization)
      response.end()
    })
    const check = { type: 'http', url, headersFromEnv: { Authorization: 'API_AUTH' } }
    const env = (): string => 'Bearer 1234'
    expect(await look(check, { trusted: false, env })).toMatchObject({ status: 'UNKNOWN', problem: 'not-trusted' })
    expect(await look(check, { env })).toMatchObject({ status: 'HEALTHY' })
    expect(await look(check)).toMatchObject({ status: 'UNKNOWN', problem: 'missing' })
    expect(seen).toEqual(['Bearer 1234'])
  })
})

describe('a tcp check', () => {
  it('tells a port that is open from one that is not', async () => {
    const port = await listen(createTcpServer())
    expect(await look({ type: 'tcp', host: '127.0.0.1', port })).toMatchObject({ status: 'HEALTHY' })
    expect(await look({ type: 'tcp', host: '127.0.0.1', port: await freePort() })).toMatchObject({
      status: 'UNHEALTHY',
      problem: 'refused',
    })
  })
})

describe('a certificate check', () => {
  it('goes by the days that are left, and says when nobody vouches for it', async () => {
    const check = async (options: Parameters<typeof tlsServer>[0], more = {}): Promise<Verdict> =>
      look({ type: 'certificate', host: '127.0.0.1', port: await tlsServer(options), ca: 'ca.pem', ...more })
    expect(await check({})).toMatchObject({ status: 'HEALTHY', unit: 'days' })
    expect(await check({ to: 10 })).toMatchObject({ status: 'DEGRADED', problem: 'limit' })
    expect(await check({ to: 3 })).toMatchObject({ status: 'UNHEALTHY', problem: 'limit' })
    expect(await check({ to: -2, from: -9 })).toMatchObject({ status: 'UNHEALTHY', problem: 'expired' })
    expect(await check({ from: 2 })).toMatchObject({ status: 'UNHEALTHY', problem: 'tls' })
    expect(await check({}, { ca: undefined })).toMatchObject({ status: 'UNHEALTHY', problem: 'tls' })
  })

  it('reads one from a file', async () => {
    await tlsServer({ to: 10 })
    expect(await look({ type: 'certificate', file: 'ca.pem' })).toMatchObject({ status: 'DEGRADED' })
    writeFileSync(join(dir, 'ca.pem'), 'nothing of the kind')
    expect(await look({ type: 'certificate', file: 'ca.pem' })).toMatchObject({ status: 'UNKNOWN' })
  })
})

describe('a command check', () => {
  const run = (code: string): string[] => [process.execPath, '-e', code]

  it('goes by the exit code and by what is printed', async () => {
    expect(await look({ type: 'command', argv: run('console.log("fine")'), output: 'fine' })).toMatchObject({ status: 'HEALTHY' })
    expect(await look({ type: 'command', argv: run('console.log("no")'), output: 'fine' })).toMatchObject({ problem: 'body' })
    expect(await look({ type: 'command', argv: run('console.error("disk gone"); process.exit(3)') })).toMatchObject({
      status: 'UNHEALTHY',
      problem: 'exit',
      reason: expect.stringContaining('disk gone'),
    })
    expect(await look({ type: 'command', argv: run('process.kill(process.pid, "SIGSEGV")') })).toMatchObject({ problem: 'exit' })
  })

  it('reads exit codes as Nagios does where asked to', async () => {
    const statuses = await Promise.all(
      [0, 1, 2, 3].map((code) => look({ type: 'command', argv: run(`process.exit(${code})`), exit: 'nagios' })),
    )
    expect(statuses.map(({ status }) => status)).toEqual(['HEALTHY', 'DEGRADED', 'UNHEALTHY', 'UNKNOWN'])
  })

  it('ends a program that does not end, with all that it started', async () => {
    const waiting = join(dir, 'pid')
    const server = createTcpServer((socket) => socket.on('data', () => clock.advance(1_000)).on('error', () => {}))
    const port = await listen(server)
    const inner = `require("node:fs").writeFileSync(${JSON.stringify(waiting)}, String(process.pid)); require("node:net").connect(${port}, "127.0.0.1").write("up"); setInterval(() => {}, 1000)`
    const outer = `require("node:child_process").spawnSync(process.execPath, ["-e", ${JSON.stringify(inner)}])`
    const gone = once(server, 'connection').then(([socket]) => once(socket, 'close'))
    expect(await look({ type: 'command', argv: run(outer), timeoutMs: 1_000 })).toMatchObject({ status: 'UNHEALTHY', problem: 'timeout' })
    // The inner one's connection ends with it.
    await gone
  })

  it('is run through no shell, and sees none of our secrets', async () => {
    process.env.OPS_TEST_SECRET = 'x'
    const code = 'console.log(process.argv[1], process.env.OPS_TEST_SECRET)'
    const verdict = await look({ type: 'command', argv: [...run(code), '$(id); `id`'] })
    expect(verdict.reason).toContain('$(id); `id` undefined')
    delete process.env.OPS_TEST_SECRET
  })

  it('is not run for a service that nobody trusts', async () => {
    const file = join(dir, 'ran')
    const argv = run(`require("node:fs").writeFileSync(${JSON.stringify(file)}, "")`)
    expect(await look({ type: 'command', argv }, { trusted: false })).toMatchObject({ status: 'UNKNOWN', problem: 'not-trusted' })
    expect(() => rmSync(file)).toThrow()
  })

  it('is UNKNOWN where the program is not there', async () => {
    expect(await look({ type: 'command', argv: ['/no/such/program'] })).toMatchObject({ status: 'UNKNOWN', problem: 'missing' })
  })
})

describe('a process check', () => {
  async function running(mark: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)', mark])
    open.push({ close: () => child.kill('SIGKILL') })
    await once(child.stdout!, 'data')
    return child
  }

  it('finds a process by its command line until it is gone', async () => {
    const mark = `mark-${process.hrtime.bigint()}`
    const child = await running(mark)
    expect(await look({ type: 'process', commandLine: mark })).toMatchObject({ status: 'HEALTHY' })
    expect(await look({ type: 'process', commandLine: mark, least: 2 })).toMatchObject({ status: 'UNHEALTHY', problem: 'gone' })
    expect(await look({ type: 'process', commandLine: mark, maxMemoryMb: 1 })).toMatchObject({ status: 'UNHEALTHY', problem: 'limit' })
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await look({ type: 'process', commandLine: mark })).toMatchObject({ status: 'UNHEALTHY', problem: 'gone' })
  })

  it('finds it by its pid file, and is not taken in by one who has its number now', async () => {
    const mark = `mark-${process.hrtime.bigint()}`
    const child = await running(mark)
    writeFileSync(join(dir, 'api.pid'), `${child.pid}\n`)
    expect(await look({ type: 'process', pidFile: 'api.pid' })).toMatchObject({ status: 'HEALTHY' })
    expect(await look({ type: 'process', pidFile: 'api.pid', commandLine: 'other' })).toMatchObject({ problem: 'gone' })
    writeFileSync(join(dir, 'api.pid'), 'nonsense')
    expect(await look({ type: 'process', pidFile: 'api.pid' })).toMatchObject({ problem: 'gone' })
    child.kill('SIGKILL')
    await once(child, 'exit')
    writeFileSync(join(dir, 'api.pid'), `${child.pid}`)
    expect(await look({ type: 'process', pidFile: 'api.pid' })).toMatchObject({ status: 'UNHEALTHY', problem: 'gone' })
  })
})

describe('a disk and a memory check', () => {
  it('go by their thresholds', async () => {
    expect(await look({ type: 'disk', maxUsedPercent: 100, warnUsedPercent: 100 })).toMatchObject({ status: 'HEALTHY', unit: '%' })
    expect(await look({ type: 'disk', maxUsedPercent: 0 })).toMatchObject({ status: 'UNHEALTHY', problem: 'limit' })
    expect(await look({ type: 'disk', maxUsedPercent: 100, warnUsedPercent: 0 })).toMatchObject({ status: 'DEGRADED' })
    expect(await look({ type: 'memory', maxUsedPercent: 100, warnUsedPercent: 100 })).toMatchObject({ status: 'HEALTHY' })
    expect(await look({ type: 'memory', maxUsedPercent: 0 })).toMatchObject({ status: 'UNHEALTHY' })
  })

  it('are UNKNOWN for a path that is not there', async () => {
    expect(await look({ type: 'disk', path: 'nowhere' })).toMatchObject({ status: 'UNKNOWN', problem: 'no-access' })
  })
})

describe('a container check', () => {
  /** Answers as the API's documentation has it: GET /containers/{id}/json. */
  async function engine(state: object, restarts = 0, status = 200): Promise<string> {
    const socket = join(dir, `engine-${open.length}.sock`)
    const server = createServer((request, response) => {
      const isAsked = request.url === '/v1.41/containers/web/json'
      response.writeHead(isAsked ? status : 404, { 'content-type': 'application/json' })
      response.end(JSON.stringify(isAsked && status === 200 ? { RestartCount: restarts, State: state } : { message: 'no' }))
    })
    server.listen(socket)
    await once(server, 'listening')
    open.push({ close: () => server.close() })
    return socket
  }
  const check = async (state: object, restarts?: number, status?: number, more = {}): Promise<Verdict> =>
    look({ type: 'container', container: 'web', ...more }, { engineSocket: await engine(state, restarts, status) })

  it('tells what the engine says of it', async () => {
    const running = { Status: 'running', Running: true }
    expect(await check(running)).toMatchObject({ status: 'HEALTHY' })
    expect(await check({ ...running, Health: { Status: 'unhealthy', FailingStreak: 3 } })).toMatchObject({ problem: 'status' })
    expect(await check({ ...running, Restarting: true, ExitCode: 1 })).toMatchObject({ problem: 'restarting' })
    expect(await check({ Status: 'exited', Running: false, ExitCode: 137, OOMKilled: true })).toMatchObject({
      problem: 'stopped',
      reason: expect.stringContaining('too much memory'),
    })
    expect(await check(running, 9, 200, { maxRestarts: 5 })).toMatchObject({ status: 'DEGRADED', problem: 'restarting' })
  })

  it('is UNHEALTHY where the container is gone, and UNKNOWN where the engine cannot say', async () => {
    const socket = await engine({})
    expect(await look({ type: 'container', container: 'other' }, { engineSocket: socket })).toMatchObject({ problem: 'gone' })
    expect(await check({}, 0, 500)).toMatchObject({ status: 'UNKNOWN', problem: 'no-access' })
    expect(await look({ type: 'container', container: 'web' }, { engineSocket: join(dir, 'none') })).toMatchObject({ status: 'UNKNOWN' })
    expect(await look({ type: 'container', container: 'web' })).toMatchObject({ status: 'UNKNOWN', problem: 'not-here' })
  })
})

describe('a unit check', () => {
  const told = (lines: string): Verdict =>
    judgeUnit('api.service', { exit: 0, killedBy: undefined, missing: undefined, stdout: lines, stderr: '' })

  it('goes by what systemctl shows', () => {
    expect(told('LoadState=loaded\nActiveState=active\nSubState=running\nNRestarts=2')).toMatchObject({ status: 'HEALTHY', value: 2 })
    expect(told('LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainStatus=1')).toMatchObject({
      status: 'UNHEALTHY',
      problem: 'stopped',
    })
    expect(told('LoadState=loaded\nActiveState=activating\nSubState=auto-restart\nResult=exit-code')).toMatchObject({
      problem: 'restarting',
    })
    expect(told('LoadState=loaded\nActiveState=activating\nSubState=start')).toMatchObject({ status: 'DEGRADED' })
    expect(told('LoadState=not-found\nActiveState=inactive\nSubState=dead')).toMatchObject({ problem: 'missing' })
  })

  it('is UNKNOWN where systemd cannot be asked', () => {
    const end = { killedBy: undefined, stdout: '', stderr: 'System has not been booted with systemd as init system (PID 1).\n' }
    expect(judgeUnit('api.service', { ...end, exit: 1, missing: undefined })).toMatchObject({ status: 'UNKNOWN', problem: 'not-here' })
    expect(judgeUnit('api.service', { ...end, exit: undefined, missing: 'ENOENT' })).toMatchObject({
      status: 'UNKNOWN',
      problem: 'not-here',
    })
  })
})

describe('checkServices()', () => {
  it('is UNKNOWN rather than HEALTHY where one check cannot look, and as bad as its worst', async () => {
    const url = await web((_, response) => response.end())
    const unknown = { type: 'disk', path: 'nowhere' }
    const around = {
      clock,
      signal: new AbortController().signal,
      workspace: dir,
      engineSocket: undefined,
      trusted: true,
      env: () => undefined,
    }
    const statusOf = async (...checks: object[]): Promise<string | undefined> =>
      (await checkServices([serviceSchema.parse({ name: 'api', checks })], () => around))[0]?.status
    expect(await statusOf({ type: 'http', url })).toBe('HEALTHY')
    expect(await statusOf({ type: 'http', url }, unknown)).toBe('UNKNOWN')
    expect(await statusOf({ type: 'http', url, status: [204] }, unknown)).toBe('UNHEALTHY')
  })

  it('ends once its signal is aborted', async () => {
    const controller = new AbortController()
    const url = await web(() => controller.abort())
    const around = { clock, signal: controller.signal, workspace: dir, engineSocket: undefined, trusted: true, env: () => undefined }
    const service = serviceSchema.parse({ name: 'api', checks: [{ type: 'http', url }] })
    await expect(checkServices([service], () => around)).rejects.toMatchObject({ name: 'AbortError' })
  })
})
