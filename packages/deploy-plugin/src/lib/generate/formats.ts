export const FORMATS = ['compose', 'caddy', 'systemd', 'env', 'kubernetes', 'quadlet'] as const
/** A kind of file that can be generated. */
export type Format = (typeof FORMATS)[number]
/** What our own deployments use; the others are ways out, made when they are asked for. */
export const USUAL_FORMATS = ['compose', 'caddy', 'systemd', 'env'] as const satisfies readonly Format[]
