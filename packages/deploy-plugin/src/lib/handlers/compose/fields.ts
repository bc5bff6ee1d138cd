import type { HostConfig } from 'dockerode'
import { recordOf } from './read-compose.ts'
import { durationMs, sizeOf, splitWords } from './values.ts'

/** Makes of a value what the engine wants; what is wrong with it is added to the problems. */
type Read = (value: unknown, problems: string[], key: string) => unknown

const text: Read = (value) => String(value)
const yes: Read = (value) => value === true || value === 'true'
const texts: Read = (value) => (Array.isArray(value) ? value.map(String) : [String(value)])
export const pairs: Read = (value) =>
  Array.isArray(value)
    ? Object.fromEntries(value.map((line) => [String(line).split('=', 1)[0], String(line).slice(String(line).indexOf('=') + 1)]))
    : Object.fromEntries(Object.entries(recordOf(value)).map(([key, one]) => [key, String(one)]))
const words: Read = (value, problems, key) => (Array.isArray(value) ? value.map(String) : splitWords(String(value), problems, key))
const seconds: Read = (value, problems, key) => Math.ceil(durationMs(value, problems, key) / 1000)
const bytes: Read = (value, problems, key) => sizeOf(value, problems, key)

/** Keys of a service that say how its container is made. */
export const CREATE: Readonly<Record<string, readonly [field: string, read: Read]>> = {
  command: ['Cmd', words],
  entrypoint: ['Entrypoint', words],
  user: ['User', text],
  working_dir: ['WorkingDir', text],
  hostname: ['Hostname', text],
  domainname: ['Domainname', text],
  stop_signal: ['StopSignal', text],
  stop_grace_period: ['StopTimeout', seconds],
  labels: ['Labels', pairs],
  tty: ['Tty', yes],
  stdin_open: ['OpenStdin', yes],
  healthcheck: ['Healthcheck', healthcheck],
}

/** Keys that say what the host gives to it. */
export const HOST: Readonly<Record<string, readonly [field: keyof HostConfig & string, read: Read]>> = {
  read_only: ['ReadonlyRootfs', yes],
  privileged: ['Privileged', yes],
  init: ['Init', yes],
  cap_add: ['CapAdd', texts],
  cap_drop: ['CapDrop', texts],
  security_opt: ['SecurityOpt', texts],
  group_add: ['GroupAdd', texts],
  dns: ['Dns', texts],
  dns_search: ['DnsSearch', texts],
  extra_hosts: [
    'ExtraHosts',
    (value) =>
      Array.isArray(value)
        ? value.map((line) => String(line).replace('=', ':'))
        : Object.entries(recordOf(value)).map(([name, address]) => `${name}:${String(address)}`),
  ],
  sysctls: ['Sysctls', pairs],
  tmpfs: [
    'Tmpfs',
    (value) =>
      Object.fromEntries(
        (Array.isArray(value) ? value : [value]).map((line) => [String(line).split(':', 1)[0], String(line).split(':')[1] ?? '']),
      ),
  ],
  shm_size: ['ShmSize', bytes],
  mem_limit: ['Memory', bytes],
  mem_reservation: ['MemoryReservation', bytes],
  cpus: ['NanoCpus', (value) => Math.round(Number(value) * 1e9)],
  cpu_shares: ['CpuShares', Number],
  pids_limit: ['PidsLimit', Number],
  oom_score_adj: ['OomScoreAdj', Number],
  ulimits: [
    'Ulimits',
    (value) =>
      Object.entries(recordOf(value)).map(([Name, limit]) =>
        typeof limit === 'object'
          ? { Name, Soft: Number(recordOf(limit).soft), Hard: Number(recordOf(limit).hard) }
          : { Name, Soft: Number(limit), Hard: Number(limit) },
      ),
  ],
  logging: ['LogConfig', (value) => ({ Type: String(recordOf(value).driver ?? ''), Config: pairs(recordOf(value).options ?? {}, [], '') })],
}

function healthcheck(value: unknown, problems: string[]): unknown {
  const { test, interval, timeout, retries, start_period: startPeriod, disable } = recordOf(value)
  if (disable === true) return { Test: ['NONE'] }
  const nanos = (given: unknown): number | undefined => (given === undefined ? undefined : durationMs(given, problems, 'healthcheck') * 1e6)
  return {
    Test: Array.isArray(test) ? test.map(String) : ['CMD-SHELL', String(test)],
    ...(interval !== undefined && { Interval: nanos(interval) }),
    ...(timeout !== undefined && { Timeout: nanos(timeout) }),
    ...(retries !== undefined && { Retries: Number(retries) }),
    ...(startPeriod !== undefined && { StartPeriod: nanos(startPeriod) }),
  }
}
