import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context, PluginStore } from '@switchyard/plugin-kit'
import { applyEdits, modify, type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { SERVICES_FILE, type Service, type ServicesFile, servicesFileSchema } from './definition.ts'
import { findEngineSocket } from './engine.ts'
import { serviceExists, servicesInvalid, servicesUnreadable, serviceUnknown } from './errors.ts'
import type { ProbeSurroundings } from './monitor/verdict.ts'

const MAX_FILE_BYTES = 1024 * 1024
const FORMAT = { formattingOptions: { insertSpaces: true, tabSize: 2, eol: '\n' } }

/** The services of a workspace; none where the file is absent. @throws SERVICES_INVALID with every mistake at once */
export function readServices(workspace: string): ServicesFile {
  return parseServices(textOf(workspace))
}

function textOf(workspace: string): string {
  const path = join(workspace, SERVICES_FILE)
  if (!existsSync(path)) return '{}'
  try {
    const stats = statSync(path)
    if (!stats.isFile() || stats.size > MAX_FILE_BYTES)
      throw servicesUnreadable(SERVICES_FILE, stats.isFile() ? `${stats.size} bytes` : 'no file')
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code?.startsWith('E') === true ? servicesUnreadable(SERVICES_FILE, code) : error
  }
}

function parseServices(text: string): ServicesFile {
  const errors: ParseError[] = []
  const value: unknown = parse(text, errors, { allowTrailingComma: true })
  if (errors.length > 0) {
    const mistakes = errors.map(({ error, offset }) => `line ${text.slice(0, offset).split('\n').length}: ${printParseErrorCode(error)}`)
    throw servicesInvalid(SERVICES_FILE, mistakes.slice(0, 20))
  }
  const parsed = servicesFileSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw servicesInvalid(
    SERVICES_FILE,
    parsed.error.issues.slice(0, 20).map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`),
  )
}

/** The services with these names, or all of them. @throws SERVICE_UNKNOWN */
export function chosenServices({ services }: ServicesFile, names: readonly string[] | undefined): readonly Service[] {
  if (names === undefined || names.length === 0) return services
  return names.map((name) => {
    const service = services.find((one) => one.name === name)
    if (service === undefined)
      throw serviceUnknown(
        name,
        services.map((one) => one.name),
      )
    return service
  })
}

export const chosenService = (file: ServicesFile, name: string): Service => chosenServices(file, [name])[0]!

/** A definition as it stands in the file, to be put back as it was. */
export interface RawService {
  readonly definition: Record<string, unknown>
  readonly index: number
}

/** The file's text with one more service; comments and layout of the rest stay. @throws SERVICE_EXISTS, SERVICES_INVALID */
export function withService(workspace: string, definition: Record<string, unknown>, index?: number): string {
  const text = textOf(workspace)
  const { services } = parseServices(text)
  if (services.some(({ name }) => name === definition.name)) throw serviceExists(String(definition.name))
  const edits =
    services.length === 0
      ? modify(text, ['services'], [definition], FORMAT)
      : modify(text, ['services', index ?? services.length], definition, { ...FORMAT, isArrayInsertion: true })
  const changed = `${applyEdits(text, edits).trimEnd()}\n`
  parseServices(changed)
  return changed
}

/** The file's text without a service, and what it was; no text where nothing is left in the file. @throws SERVICE_UNKNOWN */
export function withoutService(workspace: string, name: string): RawService & { readonly text: string | undefined } {
  const text = textOf(workspace)
  const file = parseServices(text)
  chosenService(file, name)
  const index = file.services.findIndex((service) => service.name === name)
  const raw = parse(text) as { services: Record<string, unknown>[] }
  const isLast = file.services.length === 1
  const left = applyEdits(text, modify(text, isLast ? ['services'] : ['services', index], undefined, FORMAT))
  return { definition: raw.services[index]!, index, text: /^\s*\{\s*\}\s*$/.test(left) ? undefined : left }
}

/** Writes the file whole or not at all; removes it where there is no text. */
export function writeServices(workspace: string, text: string | undefined): void {
  const path = join(workspace, SERVICES_FILE)
  if (text === undefined) rmSync(path, { force: true })
  else {
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }
}

/**
 * What a definition makes this machine do or give away beyond looking: programs that it runs, environment variables that it sends,
 * remedies without a question. A file that came with a cloned repository must not have these by itself.
 */
export function needsTrust({ checks, remediate }: Service): readonly string[] {
  const auto = Object.entries(remediate.policy).filter(([, policy]) => policy === 'auto')
  return [
    ...checks.flatMap((check) => {
      if (check.type === 'command') return [`run ${check.argv.join(' ')}`]
      if (check.type !== 'http' || check.headersFromEnv === undefined) return []
      return [`send ${Object.values(check.headersFromEnv).join(', ')} of the environment to ${check.url}`]
    }),
    ...(remediate.restart !== undefined && 'argv' in remediate.restart ? [`start ${remediate.restart.argv.join(' ')}`] : []),
    ...auto.map(([action]) => `${action} without a question when it is UNHEALTHY`),
  ]
}

const hashOf = (service: Service): string => createHash('sha256').update(JSON.stringify(service)).digest('hex')

/** Whether a person has trusted the definition as it now stands, or there is nothing in it that wants trust. */
export function isTrusted(store: PluginStore, service: Service): boolean {
  if (needsTrust(service).length === 0) return true
  const row = store.prepare('SELECT hash FROM ops_service_trust WHERE name = ?').get<{ hash: string }>(service.name)
  return row?.hash === hashOf(service)
}

/** Any later change to the definition ends it. */
export function trust(store: PluginStore, service: Service, nowMs: number): void {
  store
    .prepare(
      'INSERT INTO ops_service_trust VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, trusted_ms = excluded.trusted_ms',
    )
    .run(service.name, hashOf(service), nowMs)
}

export function distrust(store: PluginStore, name: string): boolean {
  return store.prepare('DELETE FROM ops_service_trust WHERE name = ?').run(name).changes > 0
}

/** What the probes of a service may reach in this run. */
export function surroundings({ clock, signal, workspace, store }: Context, file: ServicesFile, service: Service): ProbeSurroundings {
  return {
    clock,
    signal,
    workspace,
    engineSocket: findEngineSocket(file.engine),
    trusted: isTrusted(store, service),
    env: (name) => process.env[name],
  }
}
