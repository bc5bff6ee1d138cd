import { createHash } from 'node:crypto'
import type { Exported } from '../model/wire.ts'

/** The page's one script and one style sheet, as they were built. */
export interface PageFiles {
  readonly script: string
  readonly style: string
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** What may run and be loaded on the page: its own script and style by their hashes, and nothing that it was not made with. */
export function policyOf({ script, style }: PageFiles, mode: 'served' | 'file'): string {
  const rules = [
    "default-src 'none'",
    `script-src ${hashOf(inline(script))}`,
    `style-src ${hashOf(inline(style))}`,
    'img-src data:',
    `connect-src ${mode === 'served' ? "'self'" : "'none'"}`,
    "base-uri 'none'",
    "form-action 'none'",
  ]
  // Frames can be forbidden in a header alone.
  return [...rules, ...(mode === 'served' ? ["frame-ancestors 'none'"] : [])].join('; ')
}

/** The whole page as one document. With `exported` it needs no server: it shows that one run. */
export function pageHtml(files: PageFiles, exported?: Exported): string {
  const policy =
    exported === undefined
      ? ''
      : `\n<meta http-equiv="Content-Security-Policy" content="${policyOf(files, 'file').replaceAll('"', '&quot;')}">`
  const data = exported === undefined ? '' : `\n<script type="application/json" id="exported">${jsonText(exported)}</script>`
  const title = exported === undefined ? 'Switchyard' : `${escaped(exported.trace.run.title)} · Switchyard`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">${policy}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${inline(files.style)}</style>
</head>
<body>
<div id="app"></div>${data}
<script type="module">${inline(files.script)}</script>
</body>
</html>
`
}

/** Nothing inside ends the element that it stands in. */
function inline(text: string): string {
  return text.replaceAll(/<(?=\/(?:script|style))|<(?=!--)/gi, '\\x3c')
}

/** JSON in which no text can be taken for markup. */
function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
