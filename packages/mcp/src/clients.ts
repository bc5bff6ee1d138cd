export type { Place } from './lib/clients/client.ts'
export { type Installed, type InstallOptions, installServers, printServers, removeServers } from './lib/clients/install.ts'
export type { Program } from './lib/clients/server-entry.ts'
