import {useRef, useState} from 'preact/hooks'

import {api} from '../api.ts'
import type {Editing} from './editor.tsx'

interface Progress {
  readonly state: 'queued' | 'active' | 'done' | 'failed'
  readonly progress: number
  readonly url?: string
  readonly error?: string
}

const firstLookMs = 300
const mostLookMs = 2000

/** Has a picture made of the design as it is now, shows how far it is, and hands it over. */
export function RenderDialog({design, shared, versions}: Editing) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [format, setFormat] = useState('png')
  const [width, setWidth] = useState(shared.scene.value.width)
  const [now, setNow] = useState<Progress | undefined>()
  const isBusy = now?.state === 'queued' || now?.state === 'active'

  const make = async () => {
    setNow({state: 'queued', progress: 0})
    try {
      const version = await versions.keep()
      const {id} = await api<{id: string}>(
        'POST',
        '/renders',
        {designId: design.id, version, format, width},
        crypto.randomUUID(),
      )
      // Less and less often: a queue is no shorter for being asked about.
      for (let lookMs = firstLookMs; ; lookMs = Math.min(lookMs * 1.5, mostLookMs)) {
        const seen = await api<Progress>('GET', `/renders/${id}`)
        setNow(seen)
        if (seen.state === 'done' || seen.state === 'failed') return
        await new Promise((resolve) => setTimeout(resolve, lookMs))
      }
    } catch (error) {
      setNow({state: 'failed', progress: 1, error: (error as Error).message})
    }
  }
  return (
    <>
      <button class="primary" onClick={() => dialog.current?.showModal()}>
        Render
      </button>
      <dialog ref={dialog} aria-label="Render">
        <div class="fields">
          <label>
            Format
            <select value={format} onChange={(event) => setFormat(event.currentTarget.value)}>
              <option value="png">PNG</option>
              <option value="jpeg">JPEG</option>
              <option value="webp">WebP</option>
            </select>
          </label>
          <label>
            Width
            <input
              type="number"
              min="1"
              max="8000"
              value={width}
              onChange={(event) => setWidth(Math.round(Number(event.currentTarget.value)))}
            />
          </label>
        </div>
        {now && <progress aria-label="Progress" value={now.progress} max={1} />}
        {now?.state === 'failed' && (
          <p class="problem" role="alert">
            {now.error}
          </p>
        )}
        <div class="row">
          <form method="dialog">
            <button>Close</button>
          </form>
          {now?.state === 'done' && (
            <a class="button" href={now.url ?? ''} download>
              Download
            </a>
          )}
          <button class="primary" disabled={isBusy} onClick={() => void make()}>
            {isBusy ? 'Rendering…' : 'Render it'}
          </button>
        </div>
      </dialog>
    </>
  )
}
