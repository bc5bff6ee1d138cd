import type { DecisionPart } from '../../src/model/wire.ts'
import { useApi, useLoaded } from './api.ts'
import { Notice } from './ui.tsx'

const OUTCOMES: Readonly<Record<string, string>> = {
  routed: 'It was sure enough to go on.',
  ask: 'It asked before it went on.',
  abstain: 'It did not know what was meant, and ran nothing.',
}

export function Decision({ id }: { id: string }) {
  const api = useApi()
  const { value: decision, error } = useLoaded(() => api.decision(id), [id])
  if (error !== undefined) return <Notice isBad>{error.message}</Notice>
  if (decision === undefined) return <Notice>Reading the decision …</Notice>
  if (decision === null) return <Notice>Nothing was decided in this run: a command or a chain was called by its name.</Notice>
  return (
    <div class="scroll padded" tabIndex={0}>
      <p class="request">“{decision.request}”</p>
      <p class="soft">
        {OUTCOMES[decision.outcome] ?? decision.outcome}
        {decision.question !== undefined && ` It asked: ${decision.question}`}
      </p>
      {decision.parts.map((part, i) => (
        <Part key={i} part={part} isAlone={decision.parts.length === 1} />
      ))}
    </div>
  )
}

function Part({ part, isAlone }: { part: DecisionPart; isAlone: boolean }) {
  const { command, candidates, evidence, actAbove, wouldChange, reread } = part
  const most = Math.max(...evidence.map(({ points }) => Math.abs(points)), 0.001)
  return (
    <section class="part">
      {!isAlone && <h2>{command}</h2>}
      <table class="candidates">
        <caption>Candidates, by confidence{actAbove !== undefined && `; it acts from ${percent(actAbove)} on`}</caption>
        <thead>
          <tr>
            <th scope="col">Command</th>
            <th scope="col">Confidence</th>
          </tr>
        </thead>
        <tbody>
          {candidates.map(({ command: name, confidence }) => (
            <tr key={name} class={name === command ? 'is-chosen' : ''}>
              <th scope="row">
                {name} {name === command && <span class="tag">taken</span>}
              </th>
              <td>
                <div class="scale">
                  <span class="meter">
                    <span class="meter-fill" style={{ width: `${confidence * 100}%` }} />
                    {actAbove !== undefined && <span class="meter-mark" style={{ left: `${actAbove * 100}%` }} />}
                  </span>
                  <span class="number">{percent(confidence)}</span>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {evidence.length > 0 && (
        <table class="evidence">
          <caption>What spoke for {command}, and against it</caption>
          <thead>
            <tr>
              <th scope="col">Seen</th>
              <th scope="col">As</th>
              <th scope="col">Points</th>
            </tr>
          </thead>
          <tbody>
            {evidence.map(({ seen, as, points }) => (
              <tr key={`${as} ${seen}`}>
                <th scope="row">{seen}</th>
                <td class="soft">{as}</td>
                <td>
                  <div class="scale">
                    <span class="points">
                      <span
                        class={points < 0 ? 'points-fill is-against' : 'points-fill'}
                        style={
                          points < 0
                            ? { right: '50%', width: `${(-points / most) * 50}%` }
                            : { left: '50%', width: `${(points / most) * 50}%` }
                        }
                      />
                    </span>
                    <span class="number">{points.toFixed(2).replace('-', '−')}</span>
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {reread.map(({ text, as }) => (
        <p key={text}>
          “{text}” was read as “{as}”
        </p>
      ))}
      {wouldChange !== undefined && <p class="soft">{wouldChange}</p>}
    </section>
  )
}

const percent = (share: number): string => `${Math.round(share * 100)} %`
