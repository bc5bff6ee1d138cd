import { isUnread, type ProjectFiles } from '../../model/project-files.ts'

export interface SourceFacts {
  readonly variables: readonly string[]
  readonly port: number | undefined
  readonly healthPath: string | undefined
}

const SOURCE = /\.(m?[jt]sx?|cjs|cts|py|go|rs|rb|php|java|kt|cs|exs?)$/
const NO_SOURCE = /\.(test|spec)\.|_test\.|(^|\/)test_|\.d\.ts$|\.config\./
const MAX_FILES = 300
const MAX_CHARS = 4_000_000

const READS: readonly RegExp[] = [
  /process\.env\.([A-Z][A-Z0-9_]{1,60})/g,
  /process\.env\[["']([A-Z][A-Z0-9_]{1,60})["']\]/g,
  /import\.meta\.env\.([A-Z][A-Z0-9_]{1,60})/g,
  /\b(?:os\.environ(?:\.get)?|os\.getenv|ENV(?:\.fetch)?|getenv|env|Getenv|LookupEnv|env::var|System\.getenv|GetEnvironmentVariable|System\.(?:get|fetch)_env!?)\s{0,3}[([]\s{0,3}["']([A-Z][A-Z0-9_]{1,60})["']/g,
]
/** Those that the machine or the runtime sets. */
const GIVEN =
  /^(PATH|HOME|USER|PWD|SHELL|TERM|LANG|LC_.*|TZ|TMPDIR|CI|DEBUG_COLORS|NO_COLOR|FORCE_COLOR|NODE_ENV|HOSTNAME|npm_.*|MODE|DEV|PROD|SSR|BASE_URL)$/

const PORTS: readonly RegExp[] = [
  /\bPORT["'\])]*\s{0,3}(?:\|\||\?\?|,)\s{0,3}["']?(\d{2,5})\b/,
  /\.listen\(\s{0,3}(\d{2,5})\b/,
  /ListenAndServe\(\s{0,3}"[^":]{0,40}:(\d{2,5})"/,
  /\bport\s{0,3}[=:]\s{0,3}(\d{4,5})\b/i,
]
const HEALTH = /["'`](\/(?:api\/)?(?:healthz?|health-?check|livez|readyz|ready|up|ping|status|_health))["'`]/

/** What an app's code gives away: variables that it reads, its port, and where it answers for its health. Nothing is run. */
export function readSources(files: ProjectFiles, folder: string): SourceFacts {
  const variables = new Set<string>()
  let port: number | undefined
  let healthPath: string | undefined
  let read = 0
  let chars = 0
  for (const path of files.paths) {
    if (!SOURCE.test(path) || NO_SOURCE.test(path) || (folder !== '' && !path.startsWith(`${folder}/`))) continue
    const source = files.read(path)
    if (isUnread(source)) continue
    if (++read > MAX_FILES || chars > MAX_CHARS) break
    chars += source.text.length
    for (const form of READS) for (const [, name = ''] of source.text.matchAll(form)) if (!GIVEN.test(name)) variables.add(name)
    for (const form of PORTS) port ??= portIn(form.exec(source.text)?.[1])
    // Code comes before pages and the like, as paths are sorted: the first that fits is good enough.
    healthPath ??= HEALTH.exec(source.text)?.[1]
  }
  return { variables: [...variables].sort().slice(0, 200), port, healthPath }
}

const portIn = (digits: string | undefined): number | undefined => {
  const port = Number(digits)
  return digits !== undefined && port > 0 && port < 65_536 ? port : undefined
}
