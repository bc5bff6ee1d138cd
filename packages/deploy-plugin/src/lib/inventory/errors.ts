import { SwitchyardError } from '@switchyard/plugin-kit'

export const inventoryNotConfigured = (missing: string): SwitchyardError =>
  new SwitchyardError('INVENTORY_NOT_CONFIGURED', `Cannot ask NetBox as ${missing} must say how: it is not set`, {
    data: { missing },
    next: 'set NETBOX_API_URL and NETBOX_API_TOKEN, in the environment or in ~/.config/claude/netbox.env',
  })

export const inventoryInsecure = (origin: string, rule: string): SwitchyardError =>
  new SwitchyardError('INVENTORY_INSECURE', `Cannot send the token to ${origin} as it must ${rule}`, { data: { origin } })

export const inventoryUnreachable = (origin: string, why: string): SwitchyardError =>
  new SwitchyardError('INVENTORY_UNREACHABLE', `Cannot ask ${origin} as it must answer: ${why}`, {
    data: { origin },
    retryable: true,
  })

export const inventoryRefused = (status: number, why: string): SwitchyardError =>
  new SwitchyardError('INVENTORY_REFUSED', `Cannot ask NetBox as it must agree: ${status}${why === '' ? '' : `, ${why}`}`, {
    data: { status },
    ...((status === 401 || status === 403) && { next: 'see whether NETBOX_API_TOKEN is right and may do this' }),
  })

export const inventoryStrange = (path: string): SwitchyardError =>
  new SwitchyardError('INVENTORY_STRANGE', `Cannot read what NetBox tells of ${path} as it must be as its documentation says: it is not`, {
    data: { path },
  })
