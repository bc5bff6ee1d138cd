import type { YardConfig, YardOptions } from '@switchyard/yard'
import type { Host } from './host.ts'

type Keys = Pick<YardOptions, 'modelKey' | 'otlpHeaders' | 'webhookUrl' | 'secrets'>

/** What the configuration says is in the environment, and what of it must be shown nowhere. */
export async function keysOf({ model, otlp, alerts }: YardConfig, env: Host['env']): Promise<Keys> {
  const { isSecretName } = await import('@switchyard/contracts/redact')
  const modelKey = model === undefined ? undefined : env[model.keyVariable]
  const webhookUrl = alerts.webhookVariable === undefined ? undefined : env[alerts.webhookVariable]
  const otlpHeaders = otlp === undefined ? undefined : (await import('@switchyard/trace/otlp')).parseHeaders(env[otlp.headersVariable])
  const named = Object.entries(env).flatMap(([name, value = '']) => (isSecretName(name) && isLikeSecret(value) ? [value] : []))
  return {
    secrets: [...named, ...[modelKey, webhookUrl].filter((one) => one !== undefined), ...Object.values(otlpHeaders ?? {})],
    ...(modelKey && { modelKey }),
    ...(webhookUrl && { webhookUrl }),
    ...(otlpHeaders !== undefined && { otlpHeaders }),
  }
}

/** A count of tokens and the folder of a password store are called like secrets too, and hiding them would hide what is no secret. */
function isLikeSecret(value: string): boolean {
  return value.length >= 8 && !/^[\d.]+$/.test(value) && !value.startsWith('/')
}
