import type { Variables } from '../apply/variables.ts'
import { variableInvalid } from './errors.ts'
import type { Instance, Work } from './handler.ts'

/** A program beside an instance, in its release's folder and with the variables it has; none of them is in the list of processes. */
export async function runBeside(
  { host, at, variables, signal }: Work,
  { slot, release, port }: Pick<Instance, 'slot' | 'release'> & Partial<Pick<Instance, 'port'>>,
  argv: readonly string[],
  timeoutMs: number,
): Promise<{ exit: number; told: string }> {
  const file = `${at.base}/${slot}.once.env`
  await host.makeFolder(at.base)
  await host.writeFile(file, shellVariables(withPort(variables, port)), { mode: 0o600 })
  try {
    const run = '. "$0" && cd "$1" && shift && exec "$@"'
    const { exit = -1, stdout, stderr } = await host.run(['sh', '-c', run, file, at.release(release), ...argv], { timeoutMs, signal })
    return { exit, told: `${stdout}${stderr}`.trim() }
  } finally {
    await host.removeFile(file)
  }
}

/** What runs on the host itself is told by $PORT where to listen. */
export const withPort = (variables: Variables, port: number | undefined): Variables => ({
  ...variables,
  ...(port !== undefined && { PORT: String(port) }),
})

export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Lines that a shell reads as the values themselves, whatever is in them. */
export function shellVariables(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw variableInvalid(name)
      return `export ${name}=${quoted(value)}\n`
    })
    .join('')
}
