import type { CheckType, Service, ServiceCheck } from '../definition.ts'
import { probeCertificate } from './probes/certificate.ts'
import { probeCommand } from './probes/command.ts'
import { probeContainer } from './probes/container.ts'
import { probeHttp } from './probes/http.ts'
import { probeDisk, probeMemory } from './probes/machine.ts'
import { probeProcess } from './probes/process.ts'
import { probeTcp } from './probes/tcp.ts'
import { probeUnit } from './probes/unit.ts'
import { type Observation, type ProbeSurroundings, unknown, type Verdict, worse } from './verdict.ts'

const MAX_AT_ONCE = 16

/** Runs every check of each service once; a check that fails in a way nobody foresaw is UNKNOWN, never a failure of the run. */
export async function checkServices(
  services: readonly Service[],
  aroundOf: (service: Service) => ProbeSurroundings,
): Promise<readonly Observation[]> {
  const work = services.flatMap((service) => service.checks.map((check) => ({ service, check, around: aroundOf(service) })))
  const verdicts = new Map<ServiceCheck, Verdict>()
  const queue = work.values()
  const workers = Array.from({ length: Math.min(MAX_AT_ONCE, work.length) }, async () => {
    for (const { check, around } of queue) verdicts.set(check, await probe(check, around))
  })
  await Promise.all(workers)
  return services.map((service) => {
    const checks = service.checks.map((check) => ({ check: nameOf(check), type: check.type, ...verdicts.get(check)! }))
    return {
      service: service.name,
      ...(service.env !== undefined && { env: service.env }),
      status: checks.map(({ status }) => status).reduce(worse, 'HEALTHY'),
      at: new Date(aroundOf(service).clock.now()).toISOString(),
      checks,
    }
  })
}

async function probe(check: ServiceCheck, around: ProbeSurroundings): Promise<Verdict> {
  try {
    return await verdictOf(check, around)
  } catch (error) {
    around.signal.throwIfAborted()
    return unknown('no-access', `the check itself failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function verdictOf(check: ServiceCheck, around: ProbeSurroundings): Promise<Verdict> {
  switch (check.type) {
    case 'http':
      return probeHttp(check, around)
    case 'tcp':
      return probeTcp(check, around)
    case 'command':
      return probeCommand(check, around)
    case 'process':
      return probeProcess(check, around)
    case 'container':
      return probeContainer(check, around)
    case 'unit':
      return probeUnit(check, around)
    case 'certificate':
      return probeCertificate(check, around)
    case 'disk':
      return probeDisk(check, around)
    case 'memory':
      return probeMemory(check)
  }
}

/** What a check is called: its own name, or its type and target. */
export function nameOf(check: ServiceCheck): string {
  return check.name ?? `${check.type} ${targetOf(check)}`.trim()
}

function targetOf(check: ServiceCheck): string {
  const targets: { readonly [type in CheckType]: (check: Extract<ServiceCheck, { type: type }>) => string } = {
    http: ({ url }) => url,
    tcp: ({ host, port }) => `${host}:${port}`,
    command: ({ argv }) => argv[0] ?? '',
    process: ({ pidFile, commandLine }) => pidFile ?? commandLine ?? '',
    container: ({ container }) => container,
    unit: ({ unit }) => unit,
    certificate: ({ host, port, file }) => file ?? `${host}:${port}`,
    disk: ({ path }) => path,
    memory: () => '',
  }
  return (targets[check.type] as (check: ServiceCheck) => string)(check)
}
