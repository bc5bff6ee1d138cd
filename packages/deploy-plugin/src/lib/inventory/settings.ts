import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseDotenv, valuesOf } from '../env/dotenv.ts'
import { inventoryNotConfigured } from './errors.ts'

/** Where NetBox is and how it is asked. */
export interface NetBoxSettings {
  readonly url: string
  readonly token: string
  readonly timeoutMs: number
}

const DEFAULT_TIMEOUT_SECONDS = 30

/** What the environment says, over what the person's own file says. @throws INVENTORY_NOT_CONFIGURED */
export async function netBoxSettings(
  env: Readonly<Record<string, string | undefined>>,
  file = join(homedir(), '.config', 'claude', 'netbox.env'),
): Promise<NetBoxSettings> {
  const own = valuesOf(parseDotenv(await readFile(file, 'utf8').catch(() => ''))).values
  const setting = (name: string): string | undefined => env[name] || own.get(name) || undefined
  const url = setting('NETBOX_API_URL')
  const token = setting('NETBOX_API_TOKEN')
  if (url === undefined) throw inventoryNotConfigured('NETBOX_API_URL')
  if (token === undefined) throw inventoryNotConfigured('NETBOX_API_TOKEN')
  const seconds = Number(setting('NETBOX_TIMEOUT') ?? DEFAULT_TIMEOUT_SECONDS)
  return { url, token, timeoutMs: (seconds > 0 ? seconds : DEFAULT_TIMEOUT_SECONDS) * 1_000 }
}
