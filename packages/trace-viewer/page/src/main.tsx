import './style.css'
import { render } from 'preact'
import { createApi } from './api.ts'
import { App } from './app.tsx'

render(<App api={createApi()} />, document.getElementById('app')!)
