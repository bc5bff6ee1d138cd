import { webhookFailed } from '../errors.ts'
import type { AlertNotice, AlertSink } from './alerts.ts'

const TIMEOUT_MS = 5_000
const TRIES = 2

/**
 * Posts alerts as JSON to an address, which may hold a secret and so is in no error. `text` is one line, as chats want it. Follows no
 * redirect, and tries twice.
 */
export function webhook(url: string, workspace: string): AlertSink {
  return async (notice) => {
    let failure = ''
    for (let attempt = 0; attempt < TRIES; attempt++) {
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ text: oneLine(notice), workspace, ...notice }),
          redirect: 'error',
          signal: AbortSignal.timeout(TIMEOUT_MS),
        })
        await response.body?.cancel()
        if (response.ok) return
        failure = `it answered ${response.status}`
        if (response.status < 500 && response.status !== 429) break
      } catch (error) {
        failure =
          error instanceof Error && error.name === 'TimeoutError' ? `it did not answer in ${TIMEOUT_MS / 1_000} s` : 'it cannot be reached'
      }
    }
    throw webhookFailed(failure)
  }
}

/** An alert in one line. */
export function oneLine({ news, severity, subject, title, says, first }: AlertNotice): string {
  if (news === 'resolved') return `[resolved] ${title}${subject === '' ? '' : ` (${subject})`}`
  return `[${news === 'still' ? `still ${severity}` : severity}] ${says}. ${first}`
}
