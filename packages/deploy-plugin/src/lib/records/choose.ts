import type { DeployConfig } from '../config/config.ts'
import { environmentUnknown, serviceUnknown } from '../guard/errors.ts'

type Environments = Pick<DeployConfig, 'environments'>
type Services = Pick<DeployConfig, 'services'>

/** The one that is named, or all of them. @throws ENVIRONMENT_UNKNOWN */
export function chosenEnvironments({ environments }: Environments, env: string | undefined): readonly string[] {
  const names = Object.keys(environments)
  if (env === undefined) return names
  if (!names.includes(env)) throw environmentUnknown(env, names)
  return [env]
}

/** Those that are named, or all of them. @throws SERVICE_UNKNOWN */
export function chosenServices({ services }: Services, wanted: readonly string[] | undefined): readonly string[] {
  const names = Object.keys(services)
  for (const name of wanted ?? []) if (!names.includes(name)) throw serviceUnknown(name, names)
  return wanted === undefined ? names : [...new Set(wanted)]
}
