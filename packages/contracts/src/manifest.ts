export { assertManifest, checkManifest, type Effect, type ManifestMistake } from './lib/manifest.ts'
export { parseUriTemplate, type UriTemplate } from './lib/uri-template.ts'
