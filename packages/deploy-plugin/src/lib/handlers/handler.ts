import type Docker from 'dockerode'
import type { Paths, ServicePaths } from '../apply/paths.ts'
import type { Variables } from '../apply/variables.ts'
import type { ServiceConfig } from '../config/config.ts'
import type { Host } from '../hosts/host.ts'
import type { Slot } from './slots.ts'

/** What handlers work with: one service of one environment on one host. */
export interface Work<config extends ServiceConfig = ServiceConfig> {
  readonly host: Host
  /** The host's container engine; connected when first asked for. */
  engine(): Promise<Docker>
  readonly stack: string
  readonly env: string
  readonly service: string
  readonly config: config
  /** The project's folder on this machine. */
  readonly project: string
  readonly paths: Paths
  readonly at: ServicePaths
  /** Their values go to the service, and nowhere else: for `desired` and `variables` those of the env files, then what `variables` made of them. */
  readonly variables: Variables
  readonly signal: AbortSignal
  progress(message: string): void
}

/** What a release is, found out without changing anything. */
export interface Desired {
  /** A digest of its content; undefined where it is known only once it is built or pulled. */
  readonly release: string | undefined
  /** What people call it: an image's name, a folder. */
  readonly reference: string
  /** All that the handler needs to start it again some day, beside variables; kept on the host alone, as it may hold secrets. */
  readonly spec: Spec
  readonly strategy: 'beside' | 'replace'
  /** Why it cannot start beside the one before. */
  readonly because?: string
  /** Named volumes with data, by their name in the configuration and on the host. */
  readonly volumes: Readonly<Record<string, string>>
  readonly warnings: readonly string[]
  /** What has to be brought to the host first. */
  readonly fetch: 'none' | 'pull' | 'build' | 'copy'
}

export type Spec = Readonly<Record<string, unknown>>

/** A release in a slot. */
export interface Instance {
  readonly slot: Slot
  readonly release: string
  readonly spec: Spec
  /** Of the host's loopback, for this slot; undefined where the service listens nowhere. */
  readonly port: number | undefined
  /** Where it is asked instead of at the loopback. */
  readonly address?: string
}

export interface InstanceStatus {
  readonly state: 'running' | 'starting' | 'stopped' | 'missing'
  /** How often it was started again by itself. */
  readonly restarts: number
  /** How it ended, in words. */
  readonly ended?: string
  /** What it listens on and where that leads, for people. */
  readonly ports: readonly string[]
  /** Which release it is, where the host can tell. */
  readonly release?: string
  /** Its own in the networks that it is in, where it has one. */
  readonly address?: string
}

/** One way of running a service. Everything may be done twice: each step looks first at what is there. */
export interface Handler {
  desired(work: Work): Promise<Desired>
  /** All that the service is given in its environment; `own` are those meant for it alone. */
  variables(work: Work, own: Variables): Promise<Variables>
  /** Brings a release to the host and answers its digest. */
  fetch(work: Work, desired: Desired, onNote: (message: string) => void): Promise<string>
  /** Starts a release in a slot, whatever is there from a try before; outside nobody is led to it yet. */
  start(work: Work, instance: Instance): Promise<void>
  /** Ends what runs in a slot, if anything, and takes it away. */
  stop(work: Work, slot: Slot, spec: Spec | undefined): Promise<void>
  /** Ends what runs in a slot and leaves it there. */
  halt(work: Work, slot: Slot, spec: Spec | undefined): Promise<void>
  /** Starts what was halted, with the variables it had. */
  revive(work: Work, slot: Slot, spec: Spec): Promise<void>
  status(work: Work, slot: Slot): Promise<InstanceStatus>
  /** Those in which something of the service is, whether it runs or not. */
  slots(work: Work): Promise<Slot[]>
  /** Its last lines, oldest first. */
  logs(work: Work, slot: Slot, lines: number): Promise<string[]>
  /** Lets others of the stack find these slots under the service's name; what served before is found until it ends. */
  announce(work: Work, slots: readonly Slot[], spec: Spec): Promise<void>
  /** Runs a program beside or inside an instance. */
  exec(
    work: Work,
    instance: Pick<Instance, 'slot' | 'release' | 'spec'> & Partial<Pick<Instance, 'port'>>,
    argv: readonly string[],
    timeoutMs: number,
  ): Promise<{ exit: number; told: string }>
  /** Whether a release is still on the host. */
  has(work: Work, release: string): Promise<boolean>
  /** Takes a release off the host for good. */
  forget(work: Work, release: string): Promise<void>
  /**
   * The same release for a scratch stack in which it finds nothing that serves and is found by nobody: it reaches others of the scratch
   * stack alone. Absent where nothing can be put between a program and the rest of the host.
   */
  fence?(work: Work, spec: Spec): Fenced
}

/** A release as it is rehearsed. */
export interface Fenced {
  readonly spec: Spec
  /** The volumes that it is given instead of the real ones: name in the configuration, the real one's on the host, its own. */
  readonly volumes: readonly { readonly key: string; readonly of: string; readonly name: string }[]
}

/** The handler of that name; loaded when it is asked for. */
export async function handlerOf({ handler }: ServiceConfig): Promise<Handler> {
  switch (handler) {
    case 'compose':
      return (await import('./compose/compose.ts')).composeHandler
    case 'process':
      return (await import('./process/process.ts')).processHandler
    case 'systemd':
      return (await import('./systemd/systemd.ts')).systemdHandler
    case 'static':
      return (await import('./static.ts')).staticHandler
  }
}
