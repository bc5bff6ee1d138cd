export { CLIENT_NAMES, type ClientName, SCOPES, type Scope } from './lib/clients/names.ts'
