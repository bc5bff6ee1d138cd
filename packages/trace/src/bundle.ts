export { type IncidentBundle, type IncidentParts, makeBundle } from './lib/bundle/bundle.ts'
