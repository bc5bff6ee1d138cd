import { useEffect, useState } from 'preact/hooks'
import { useMedia } from './virtual.ts'

type Theme = 'dark' | 'light'

/** The theme of the system until somebody chooses another; the choice is kept where the browser lets it be. */
export function useTheme(): readonly [Theme, () => void] {
  const system: Theme = useMedia('(prefers-color-scheme: dark)') ? 'dark' : 'light'
  const [chosen, setChosen] = useState(keptTheme)
  const theme = chosen ?? system
  useEffect(() => {
    document.documentElement.dataset.theme = theme
  }, [theme])
  return [
    theme,
    () => {
      const next = theme === 'dark' ? 'light' : 'dark'
      setChosen(next)
      try {
        localStorage.setItem('switchyard-theme', next)
      } catch {}
    },
  ]
}

function keptTheme(): Theme | undefined {
  try {
    const kept = localStorage.getItem('switchyard-theme')
    return kept === 'dark' || kept === 'light' ? kept : undefined
  } catch {
    return undefined
  }
}
