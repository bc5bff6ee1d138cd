import { printable } from '@switchyard/plugin-kit'
import { count, table } from '../files/table.ts'
import { valuesOf } from './dotenv.ts'
import { listEnvFiles, readEnvFile, readSchema } from './env-files.ts'
import { envInvalid } from './errors.ts'
import { MAX_LISTED } from './list.ts'
import { isPlaceholder } from './placeholder.ts'
import type { FindingRule } from './rules.ts'
import { isRequired, misfit, type VariableSpec } from './schema.ts'

/** One thing that is wrong with a value or a line; the value is not in it. */
export interface EnvFinding {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly rule: FindingRule
  readonly severity: 'error' | 'warning' | 'info'
  readonly name?: string
  readonly message: string
}

/** Lines of an error that says that a gate is not passed. */
const MAX_WORST = 10

/**
 * Holds env files to the schema; as a gate, what is not right is an error.
 * @throws ENV_SCHEMA_MISSING, ENV_FILE_INVALID where the schema itself is wrong, ENV_FILE_MISSING, ENV_INVALID
 */
export function validateEnv(
  root: string,
  paths: readonly string[] | undefined,
  { strict, gate }: { readonly strict: boolean; readonly gate: boolean },
) {
  const schema = readSchema(root)
  const files = paths ?? listEnvFiles(root)
  const findings = files.flatMap((path) => findingsIn(root, path, schema.variables, schema.isTyped))
  const counts = { error: 0, warning: 0, info: 0 }
  for (const { severity } of findings) counts[severity]++
  const ok = counts.error === 0 && (!strict || counts.warning === 0)
  if (gate && !ok) {
    const worst = findings.filter(({ severity }) => severity === 'error' || (strict && severity === 'warning')).slice(0, MAX_WORST)
    const lines = worst.map(({ file, line, column, message, rule }) => printable(`${file}:${line}:${column} ${message} (${rule})`))
    throw envInvalid(files, counts.error, counts.warning, lines.join('\n'))
  }
  const listed = findings.slice(0, MAX_LISTED)
  const text = render(schema.file, files, listed, findings.length, ok)
  return { ok, schema: schema.file, typed: schema.isTyped, files: [...files], findings: listed, found: findings.length, text }
}

function findingsIn(root: string, path: string, variables: readonly VariableSpec[], isTyped: boolean): EnvFinding[] {
  const { path: file, env, dotenv, mode } = readEnvFile(root, path)
  const { values, problems } = valuesOf(dotenv)
  const findings: EnvFinding[] = [...dotenv.problems, ...problems].map(({ fault, line, column, message }) => ({
    file,
    line,
    column,
    rule: fault === 'duplicate' || fault === 'expansion' ? fault : 'syntax',
    severity: fault === 'duplicate' ? 'warning' : 'error',
    message,
  }))
  if ((mode & 0o077) !== 0)
    findings.push({
      file,
      line: 1,
      column: 1,
      rule: 'mode',
      severity: 'warning',
      message: `others on this machine can read it: chmod 600 ${file}`,
    })

  const specs = new Map(variables.map((spec) => [spec.name, spec]))
  for (const { name, line, column } of dotenv.entries) {
    const add = (rule: FindingRule, severity: EnvFinding['severity'], message: string): void => {
      findings.push({ file, line, column, rule, severity, name, message: `${name} ${message}` })
    }
    const spec = specs.get(name)
    const value = values.get(name) ?? ''
    if (spec === undefined) {
      add('unknown', 'info', `is not in the ${isTyped ? 'schema' : 'example'}`)
      continue
    }
    if (value !== '') {
      const why = misfit(spec, value)
      if (why !== undefined) add('type', 'error', why)
      if (isPlaceholder(value)) add('placeholder', env === undefined ? 'warning' : 'error', 'still has a placeholder for its value')
      if (spec.deprecated !== undefined)
        add('deprecated', 'warning', `should not be used any more${spec.deprecated === '' ? '' : `: ${spec.deprecated}`}`)
    } else if (isRequired(spec, env)) add('required', 'error', 'must have a value')
  }
  const there = new Set(dotenv.entries.map(({ name }) => name))
  for (const spec of variables)
    if (!there.has(spec.name) && isRequired(spec, env))
      findings.push({
        file,
        line: 1,
        column: 1,
        rule: 'required',
        severity: 'error',
        name: spec.name,
        message: `${spec.name} must be there`,
      })
  return findings.sort((a, b) => a.line - b.line || a.column - b.column)
}

function render(schema: string, files: readonly string[], findings: readonly EnvFinding[], found: number, ok: boolean): string {
  const rows = findings.map(({ file, line, column, severity, message, rule }) => [
    `${file}:${line}:${column}`,
    severity,
    `${message} (${rule})`,
  ])
  const verdict = `${ok ? 'PASS' : 'FAIL'}  ${count(files.length, 'file')} against ${schema}, ${count(found, 'finding')}`
  return rows.length === 0 ? verdict : `${table(['Place', 'Severity', 'What'], rows)}\n\n${verdict}`
}
