#!/usr/bin/env node
// Plain JavaScript that an old Node can read, so that it can say what it lacks.
import { existsSync } from 'node:fs'
import module from 'node:module'

const NEEDED = 24
const SOURCE = '@switchyard/source'

if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  process.stderr.write(
    `switchyard needs Node ${NEEDED} or newer and this is ${process.versions.node}: install it from https://nodejs.org, or run "npx switchyard" in a checkout, which brings its own\n`,
  )
  process.exitCode = 1
} else {
  module.enableCompileCache()
  const sources = new URL('../src/main.ts', import.meta.url)
  if (existsSync(sources)) {
    module.registerHooks({
      resolve: (specifier, context, next) =>
        next(specifier, specifier.startsWith('@switchyard/') ? { ...context, conditions: [...context.conditions, SOURCE] } : context),
    })
    await import(sources.href)
  } else {
    await import(new URL('../dist/bundle/main.js', import.meta.url).href)
  }
}
