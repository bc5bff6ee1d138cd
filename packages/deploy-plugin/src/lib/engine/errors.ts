import { SwitchyardError } from '@switchyard/plugin-kit'
import { registryOf } from './registry-auth.ts'

export const engineMissing = (host: string, looked: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'ENGINE_MISSING',
    `Cannot use containers on ${host} as an engine must listen there: no socket at ${looked.join(', ')}`,
    {
      data: { host, looked },
      next: 'start Docker, or: podman system service; or name its socket as "engine" of the target',
    },
  )

export const engineRefused = (does: string, why: string, status: number | undefined): SwitchyardError =>
  new SwitchyardError('ENGINE_REFUSED', `Cannot ${does} as the container engine must agree: ${why}`, {
    data: { does, ...(status !== undefined && { status }) },
    retryable: status === undefined,
  })

export const imageMissing = (image: string, why: string): SwitchyardError =>
  new SwitchyardError('IMAGE_MISSING', `Cannot use the image ${image} as it must be on the host or in a registry: ${why}`, {
    data: { image },
    next: /unauthorized|denied|authentication/i.test(why)
      ? `log in where you deploy from: docker login ${registryOf(image)}`
      : 'see that the name is right and that the host may pull it',
  })
