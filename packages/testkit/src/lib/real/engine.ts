import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A container engine of the test's own: its images, containers, volumes and networks are nobody else's, and end with it. */
export interface TestEngine extends AsyncDisposable {
  readonly socket: string
  /** Makes an image without a registry: busybox, and these files. Answers its digest. */
  image(name: string, files?: Readonly<Record<string, string>>, options?: { command?: string }): string
  podman(...args: string[]): string
}

/** What a machine without crun, cgroups v2 and a registry can run, in a folder of the test's own. */
const containersConf = (folder: string): string => `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[network]
network_backend = "netavark"
network_config_dir = "${folder}/networks"
default_subnet_pools = [{"base" = "10.${100 + (process.pid % 100)}.0.0/16", "size" = 24}]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
static_dir = "${folder}/libpod"
tmp_dir = "${folder}/tmp"
volume_path = "${folder}/volumes"
image_copy_tmp_dir = "${folder}/tmp"
`

const BUSYBOX_LINKS = [
  'sh',
  'httpd',
  'sleep',
  'cat',
  'wget',
  'echo',
  'env',
  'date',
  'kill',
  'true',
  'false',
  'touch',
  'grep',
  'ls',
  'rm',
  'mkdir',
]

/** Serves /www; ends at once when told to, as a shell that is process 1 does not by itself. */
const SERVE = `trap 'exit 0' TERM INT\nhttpd -f -p "\${LISTEN:-8080}" -h /www &\nwait\n`

/** `registries` are addresses that speak no TLS. */
export async function startEngine({ registries = [] }: { registries?: readonly string[] } = {}): Promise<TestEngine> {
  if (!existsSync('/bin/busybox')) throw new Error('Cannot make images as busybox-static must be installed')
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-engine-'))
  for (const name of ['networks', 'libpod', 'tmp', 'volumes']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'containers.conf'), containersConf(folder))
  writeFileSync(join(folder, 'storage.conf'), `[storage]\ndriver = "overlay"\ngraphroot = "${folder}/root"\nrunroot = "${folder}/run"\n`)
  const insecure = registries.map((address) => `[[registry]]\nlocation = "${address}"\ninsecure = true\n`)
  writeFileSync(join(folder, 'registries.conf'), `unqualified-search-registries = []\n${insecure.join('')}`)
  writeFileSync(join(folder, 'auth.json'), '{}')
  const env = {
    ...process.env,
    // Nobody is logged in anywhere.
    REGISTRY_AUTH_FILE: join(folder, 'auth.json'),
    CONTAINERS_REGISTRIES_CONF: join(folder, 'registries.conf'),
    CONTAINERS_CONF: join(folder, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
    TMPDIR: join(folder, 'tmp'),
  }
  const socket = join(folder, 'docker.sock')
  const service = spawn('podman', ['system', 'service', '-t', '0', `unix://${socket}`], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  let told = ''
  service.stderr.on('data', (chunk: Buffer) => {
    told = (told + chunk.toString('utf8')).slice(-4_000)
  })
  await appears(socket, service, () => told)

  function podman(...args: string[]): string {
    const { status, stdout, stderr, error } = spawnSync('podman', args, { env, encoding: 'utf8', timeout: 120_000 })
    if (status !== 0) throw new Error(`podman ${args.join(' ')} ended with ${status}: ${error?.message ?? stderr}`)
    return stdout.trim()
  }

  return {
    socket,
    podman,
    image(name, files = {}, { command = '/serve' } = {}) {
      const root = join(folder, 'tmp', 'rootfs')
      rmSync(root, { recursive: true, force: true })
      mkdirSync(join(root, 'bin'), { recursive: true })
      for (const place of ['www', 'tmp', 'data']) mkdirSync(join(root, place))
      copyFileSync('/bin/busybox', join(root, 'bin/busybox'))
      for (const link of BUSYBOX_LINKS) symlinkSync('busybox', join(root, 'bin', link))
      for (const [path, text] of Object.entries({ serve: SERVE, ...files })) {
        mkdirSync(dirname(join(root, path)), { recursive: true })
        writeFileSync(join(root, path), text)
      }
      chmodSync(join(root, 'serve'), 0o755)
      const tar = join(folder, 'tmp', 'rootfs.tar')
      const packed = spawnSync('tar', ['-C', root, '-cf', tar, '.'])
      if (packed.status !== 0) throw new Error('Cannot pack an image')
      podman('import', '--change', `CMD ["sh", "${command}"]`, tar, `localhost/${name}`)
      return podman('image', 'inspect', '--format', 'sha256:{{.Id}}', `localhost/${name}`)
    },
    async [Symbol.asyncDispose]() {
      for (const args of [
        ['rm', '-fa', '-t', '0'],
        ['network', 'prune', '-f'],
        ['volume', 'prune', '-f'],
      ]) {
        spawnSync('podman', args, { env, timeout: 120_000 })
      }
      await ended(service)
      for (const mount of ['root/overlay', 'root']) spawnSync('umount', ['-l', join(folder, mount)])
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

/** Waits until a server has made its socket or file. */
async function appears(path: string, child: ChildProcess, told: () => string): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    if (existsSync(path)) return
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}: ${told()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${child.spawnfile} did not make ${path}: ${told()}`)
}

/** Ends a process that a test started, and waits for it. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(timer)
}
