import { posix } from 'node:path'
import { isPlaceholder } from '../../env/placeholder.ts'
import { isIgnored } from '../../files/git-ignored.ts'
import { folderOf } from '../../model/compose.ts'
import type { EnvFile, EnvVariable } from '../../model/env-file.ts'
import type { Source, Spot } from '../../model/source.ts'
import { allServices, type Stack } from '../../model/stack.ts'
import { settingsOf } from '../../model/unit.ts'
import { type Found, problemRule, type Rule } from '../rule.ts'
import { isSecretName, secretIn } from '../secrets.ts'
import { appendLines } from '../text-edits.ts'

const syntax = problemRule({
  id: 'env.syntax',
  part: 'env',
  severity: 'critical',
  title: 'Each env file is made of NAME=value lines',
  why: 'Compose refuses the file.',
  mend: 'mend the line; what belongs to a value that has spaces or lines goes into quotes',
})

const duplicate = problemRule({
  id: 'env.duplicate',
  part: 'env',
  severity: 'warning',
  title: 'Every variable is given once in a file',
  why: 'The last one holds, and whoever changes the first one wonders.',
  mend: 'take one of them out',
})

const EXAMPLE = /^\.env\.(example|sample|template|dist)$/
const PRODUCTION = /^\.env\.(production|prod|live)(\.|$)/
const nameOf = ({ source }: EnvFile): string => posix.basename(source.path)
const isExample = (file: EnvFile): boolean => EXAMPLE.test(nameOf(file))
const isDotEnv = (file: EnvFile): boolean => nameOf(file).startsWith('.env')

/** The files that production runs with: by their names, or all where production was asked for. */
function productionFiles({ envFiles, env }: Stack): readonly EnvFile[] {
  const isProduction = env !== undefined && /^(production|prod|live)$/.test(env)
  return envFiles.filter((file) => PRODUCTION.test(nameOf(file)) || (isProduction && nameOf(file) === '.env'))
}

interface Use {
  readonly name: string
  readonly spot: Spot
  readonly hasValue: boolean
  readonly folder: string
}

/** Every variable that Compose files and Caddyfiles ask for. */
function* usesOf({ projects, caddyfiles }: Stack): Generator<Use> {
  for (const { uses, folder } of projects) for (const { name, spot, hasValue } of uses) yield { name, spot, hasValue, folder }
  for (const { variables, source } of caddyfiles) for (const use of variables) yield { ...use, folder: folderOf(source.path) }
}

const unset: Rule = {
  id: 'env.unset',
  part: 'env',
  severity: 'critical',
  title: 'Every variable that a file asks for has a value or a default',
  why: 'Compose puts nothing in its place, or refuses to start where it was told to.',
  mend: 'add it to the env file, or write ${NAME:-default}',
  *look(stack) {
    const names = stack.env === undefined ? ['.env'] : ['.env', `.env.${stack.env}`]
    const told = new Set<string>()
    for (const { name, spot, hasValue, folder } of usesOf(stack)) {
      const id = `${folder}\n${name}`
      if (hasValue || told.has(id)) continue
      const own = stack.envFiles.filter((file) => folderOf(file.source.path) === folder)
      // Where the real file is not kept beside the stack, its example says what the host has.
      const isPromised = !own.some((file) => names.includes(nameOf(file))) && own.some((file) => isExample(file) && hasName(file, name))
      if (isPromised) continue
      told.add(id)
      yield { spot, note: `\${${name}} has no value in ${names.join(' or ')}, and no default` }
    }
  },
}

const hasName = ({ names }: EnvFile, name: string): boolean => names.has(name)

const exampleMissing: Rule = {
  id: 'env.example-missing',
  part: 'env',
  severity: 'warning',
  title: 'A file .env.example names the variables that the stack needs',
  why: 'Whoever sets the stack up has to find out by its failures.',
  mend: 'write one with: switchyard deploy setup',
  *look(stack) {
    const folders = new Map<string, Spot>()
    for (const { folder, spot } of usesOf(stack)) if (!folders.has(folder)) folders.set(folder, spot)
    for (const [folder, spot] of folders) {
      const near = new Set([folder, ''])
      if (!stack.envFiles.some((file) => isExample(file) && near.has(folderOf(file.source.path))))
        yield { spot, note: `variables are asked for here, and no .env.example names them` }
    }
  },
}

const exampleIncomplete: Rule = {
  id: 'env.example-incomplete',
  part: 'env',
  severity: 'info',
  title: 'The file .env.example names every variable that the stack asks for',
  why: 'Whoever sets the stack up leaves one out.',
  mend: 'add it, with a placeholder or a default',
  fix: 'adds the names without values',
  *look(stack) {
    for (const file of stack.envFiles.filter(isExample)) {
      const folder = folderOf(file.source.path)
      const names = new Set([...usesOf(stack)].filter((use) => use.folder === folder).map(({ name }) => name))
      const missing = [...names].filter((name) => !hasName(file, name)).sort()
      if (missing.length === 0) continue
      yield {
        spot: file.source.spot(0),
        note: `does not name ${missing.join(', ')}`,
        edits: [
          appendLines(
            file.source.path,
            file.source.text,
            missing.map((name) => `${name}=`),
          ),
        ],
      }
    }
  },
}

const exampleSecret: Rule = {
  id: 'env.example-secret',
  part: 'env',
  severity: 'critical',
  title: 'No example of an env file holds a real secret',
  why: 'Examples are committed: whoever can read the repository has it.',
  mend: 'revoke it, then put a placeholder such as <required> in its place',
  *look({ envFiles }) {
    for (const file of envFiles.filter(isExample)) {
      for (const { name, value, valueSpot } of file.variables) {
        const what = value === undefined || isHarmless(value) ? undefined : secretIn(name, value)
        if (what !== undefined) yield { spot: valueSpot, note: `${name} holds ${what}` }
      }
    }
  },
}

/** Defaults of development that everybody knows. */
const isHarmless = (value: string): boolean =>
  /^(postgres|root|admin|password|secret|guest|dev|test|user|minioadmin|mysql|redis|example|demo|localhost)\d{0,3}$/i.test(value) ||
  /^[a-z+]+:\/\/([^:@/]*):(postgres|root|admin|password|pass|secret|guest|dev|test|user|mysql|redis|example)@/i.test(value)

const keysDiffer: Rule = {
  id: 'env.keys-differ',
  part: 'env',
  severity: 'info',
  title: 'The env files of a folder name the same variables',
  why: 'What one environment has and another lacks shows at the next deployment there.',
  mend: 'add it where it is missing: switchyard deploy env sync',
  *look({ envFiles }) {
    const groups = Map.groupBy(
      envFiles.filter((file) => isDotEnv(file) && !isExample(file) && nameOf(file) !== '.env'),
      ({ source }) => folderOf(source.path),
    )
    for (const files of groups.values()) {
      const all = new Set(files.flatMap(({ names }) => [...names]))
      for (const file of files) {
        const missing = [...all].filter((name) => !hasName(file, name)).sort()
        if (missing.length > 0) yield { spot: file.source.spot(0), note: `does not name ${list(missing)}, as other environments do` }
      }
    }
  },
}

const MAX_LISTED = 8
const list = (names: readonly string[]): string =>
  names.length > MAX_LISTED ? `${names.slice(0, MAX_LISTED).join(', ')} and ${names.length - MAX_LISTED} more` : names.join(', ')

const placeholder: Rule = {
  id: 'env.placeholder',
  part: 'env',
  severity: 'critical',
  title: 'No variable of production still holds a placeholder',
  why: 'The service does not start, or starts with a password that everybody knows.',
  mend: 'put the real value in',
  *look(stack) {
    for (const { variables } of productionFiles(stack)) {
      for (const { name, value, valueSpot, spot } of variables) {
        if (value === '' && isSecretName(name)) yield { spot, note: `${name} is empty` }
        else if (value !== undefined && value !== '' && isPlaceholder(value))
          yield { spot: valueSpot, note: `${name} still holds a placeholder` }
      }
    }
  },
}

const debug: Rule = {
  id: 'env.debug',
  part: 'env',
  severity: 'warning',
  title: 'Production runs without the settings of development',
  why: 'Error pages then show code, settings and queries to everybody.',
  mend: 'turn it off',
  *look(stack) {
    for (const { variables } of productionFiles(stack)) {
      for (const { name, value = '', valueSpot } of variables) {
        const isOn = /^([A-Z0-9_]+_)?DEBUG$/i.test(name) && /^(true|1|yes|on|\*)$/i.test(value)
        const isDevelopment =
          /^(NODE_ENV|RAILS_ENV|APP_ENV|FLASK_ENV|ENVIRONMENT|ASPNETCORE_ENVIRONMENT)$/.test(name) &&
          /^(dev|development|local|test)$/i.test(value)
        if (isOn || isDevelopment) yield { spot: valueSpot, note: `${name} is set for development` }
      }
    }
  },
}

/** Variables of production with those of the same name and value in the files of other environments. */
function* sharedWith(stack: Stack, isAsked: (variable: EnvVariable) => boolean): Generator<{ variable: EnvVariable; other: Source }> {
  const production = productionFiles(stack)
  const others = stack.envFiles.filter((file) => isDotEnv(file) && !isExample(file) && !production.includes(file))
  for (const { variables, source } of production) {
    for (const variable of variables) {
      const { name, value } = variable
      if (value === undefined || value === '' || isPlaceholder(value) || !isAsked(variable)) continue
      const other = others.find((file) => file.values.get(name) === value && folderOf(file.source.path) === folderOf(source.path))
      if (other !== undefined) yield { variable, other: other.source }
    }
  }
}

const sharedSecret: Rule = {
  id: 'env.shared-secret',
  part: 'env',
  severity: 'warning',
  title: 'Production has secrets of its own',
  why: 'Whoever has the secrets of development, such as every laptop, has those of production.',
  mend: 'make a new one for production',
  *look(stack) {
    for (const { variable, other } of sharedWith(stack, ({ name }) => isSecretName(name)))
      yield { spot: variable.valueSpot, note: `${variable.name} has the same value in ${other.path}` }
  },
}

const sharedDatabase: Rule = {
  id: 'env.shared-database',
  part: 'env',
  severity: 'warning',
  title: 'Production has databases of its own',
  why: 'A test then deletes what customers entered.',
  mend: 'give each environment a database of its own',
  *look(stack) {
    const isDatabase = ({ name, value = '' }: EnvVariable): boolean =>
      /(^|_)(DATABASE|DB|POSTGRES|PG|MYSQL|MONGO|MONGODB|REDIS)_?(URL|URI|HOST|DSN)$|^PGHOST$/.test(name) &&
      /[a-z0-9-]\.[a-z0-9]/i.test(value)
    for (const { variable, other } of sharedWith(stack, isDatabase))
      yield { spot: variable.valueSpot, note: `${variable.name} is the same in ${other.path}` }
  },
}

const gitignore: Rule = {
  id: 'env.gitignore',
  part: 'env',
  severity: 'warning',
  title: 'Git ignores every env file but the example',
  why: 'One "git add ." puts the secrets into the history for good.',
  mend: 'add it to .gitignore',
  fix: 'adds it to .gitignore',
  *look({ envFiles, gitignore: rules, files }) {
    if (rules === undefined && files.kindOf('.git') === 'missing') return
    const open = envFiles.filter((file) => isDotEnv(file) && !isExample(file) && !isIgnored(rules?.text ?? '', file.source.path))
    for (const { source } of open) {
      const edit = appendLines('.gitignore', rules?.text ?? '', [`/${source.path}`])
      yield {
        spot: source.spot(0),
        note: 'is not ignored by git',
        edits: [rules === undefined ? edit : { ...edit, spot: rules.spot(rules.text.length) }],
      }
    }
  },
}

const unused: Rule = {
  id: 'env.unused',
  part: 'env',
  severity: 'info',
  title: 'Every variable of an env file is asked for',
  why: 'It is left over, or its name was mistyped where it is meant.',
  mend: 'take it out, or mend the name where it is asked for',
  *look(stack) {
    const asked = new Set([...usesOf(stack)].map(({ name }) => name))
    // A service that is given the whole file may ask for anything in it.
    const given = new Set(allServices(stack).flatMap(({ service }) => service.envFiles.map(({ path }) => path)))
    const byUnits = stack.units.flatMap((unit) => settingsOf(unit, 'Service', 'EnvironmentFile').map(({ value }) => posix.basename(value)))
    const passed = new Set(
      allServices(stack).flatMap(({ service }) => service.environment.flatMap(({ name, value }) => (value === undefined ? [name] : []))),
    )
    for (const file of stack.envFiles) {
      const folder = folderOf(file.source.path)
      const isForCompose = nameOf(file) === '.env' || nameOf(file) === `.env.${stack.env}`
      const isRead = given.has(file.source.path) || byUnits.includes(nameOf(file))
      if (!isForCompose || isRead || !stack.projects.some((project) => project.folder === folder)) continue
      yield* leftOver(file, (name) => asked.has(name) || passed.has(name) || /^(COMPOSE|DOCKER|BUILDKIT)_/.test(name))
    }
  },
}

function* leftOver({ variables, uses }: EnvFile, isAsked: (name: string) => boolean): Generator<Found> {
  for (const { name, spot } of variables) if (!uses.has(name) && !isAsked(name)) yield { spot, note: `nothing asks for ${name}` }
}

export const envRules: readonly Rule[] = [
  syntax,
  duplicate,
  unset,
  exampleMissing,
  exampleIncomplete,
  exampleSecret,
  placeholder,
  debug,
  sharedSecret,
  sharedDatabase,
  gitignore,
  keysDiffer,
  unused,
]
