import '@fontsource/inter/400.css'
import '@fontsource/inter/700.css'
import './style.css'

import {render} from 'preact'

import {Page} from './page.tsx'
import {isSettled, refresh} from './session.ts'

const root = document.getElementById('page')
if (root) render(<Page />, root)
void refresh().finally(() => {
  isSettled.value = true
})
