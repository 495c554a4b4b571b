import {useRef, useState} from 'preact/hooks'

import {api} from '../api.ts'
import {go} from '../place.ts'
import type {Saving} from './document.ts'
import type {Editing} from './editor.tsx'
import {keys} from './keyboard.ts'
import {RenderDialog} from './render-dialog.tsx'
import {imageLayer, kindNames, newLayer, type Kind} from './scene.ts'
import {upload} from './upload.ts'

const icons: Readonly<Record<Exclude<Kind, 'image'>, string>> = {
  rectangle: '▭',
  ellipse: '◯',
  line: '╱',
  text: 'T',
}

const savingWords: Readonly<Record<Saving, string>> = {
  connecting: 'Connecting…',
  offline: 'Offline: your edits are kept here',
  saving: 'Saving…',
  saved: 'Saved',
  refused: 'You may not edit this design any more',
}

export function Toolbar(editing: Editing) {
  const {design, shared, select} = editing
  const add = (kind: Exclude<Kind, 'image'>) => {
    const layer = newLayer(kind, shared.scene.value)
    shared.add(layer)
    select([layer.id])
  }
  return (
    <header class="toolbar">
      <button class="icon" aria-label="My designs" onClick={() => go('/')}>
        <img src="/icon.svg" alt="" width="22" height="22" />
      </button>
      <Title {...editing} />
      <span class={`saving ${shared.saving.value}`} role="status">
        {savingWords[shared.saving.value]}
      </span>
      <div class="tools" role="toolbar" aria-label="Add">
        {(['rectangle', 'ellipse', 'line', 'text'] as const).map((kind) => (
          <button
            key={kind}
            class="icon"
            title={kindNames[kind]}
            aria-label={`Add ${kindNames[kind]}`}
            onClick={() => add(kind)}
          >
            {icons[kind]}
          </button>
        ))}
        <ImageButton {...editing} />
        <button class="icon" aria-label="Undo" disabled={!shared.canUndo.value} onClick={() => shared.undo()}>
          ↶
        </button>
        <button class="icon" aria-label="Redo" disabled={!shared.canRedo.value} onClick={() => shared.redo()}>
          ↷
        </button>
      </div>
      <div class="people" aria-label="Also here">
        {shared.others.value.map(({id, name, color}) => (
          <span key={id} title={name} style={{background: color}}>
            {name.slice(0, 1).toUpperCase()}
          </span>
        ))}
      </div>
      <Help />
      {design.role === 'owner' && <Invite {...editing} />}
      <RenderDialog {...editing} />
    </header>
  )
}

function Title({design, say}: Editing) {
  return (
    <input
      class="title"
      aria-label="Title"
      defaultValue={design.title}
      maxLength={200}
      onChange={(event) => {
        const title = event.currentTarget.value.trim()
        if (title !== '')
          api('PATCH', `/designs/${design.id}`, {title}, crypto.randomUUID()).catch((error: unknown) =>
            say((error as Error).message),
          )
      }}
    />
  )
}

function ImageButton({design, shared, select, say}: Editing) {
  const input = useRef<HTMLInputElement>(null)
  const [share, setShare] = useState<number | undefined>()
  const send = async (files: FileList | null) => {
    for (const file of files ?? []) {
      setShare(0)
      try {
        const {id, ...size} = await upload(design.id, file, setShare)
        const layer = imageLayer(id, size, shared.scene.value)
        shared.add(layer)
        select([layer.id])
      } catch (error) {
        say((error as Error).message)
      }
      setShare(undefined)
    }
  }
  return (
    <>
      <button class="icon" aria-label="Add Image" title="Image" onClick={() => input.current?.click()}>
        {share === undefined ? '▣' : `${Math.round(share * 100)}%`}
      </button>
      <input
        ref={input}
        type="file"
        accept="image/png,image/jpeg,image/webp"
        hidden
        onChange={(event) => {
          void send(event.currentTarget.files)
          event.currentTarget.value = ''
        }}
      />
    </>
  )
}

function Invite({design, say}: Editing) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [link, setLink] = useState('')
  const invite = async () => {
    try {
      const {token} = await api<{token: string}>('POST', `/designs/${design.id}/invitations`)
      setLink(`${location.origin}/join/${token}`)
      dialog.current?.showModal()
    } catch (error) {
      say((error as Error).message)
    }
  }
  return (
    <>
      <button onClick={() => void invite()}>Invite</button>
      <dialog ref={dialog} aria-label="Invite">
        <p>Whoever opens this link, and is logged in, may edit the design.</p>
        <input readOnly aria-label="Link" value={link} onFocus={(event) => event.currentTarget.select()} />
        <form method="dialog">
          <button class="primary">Done</button>
        </form>
      </dialog>
    </>
  )
}

function Help() {
  const dialog = useRef<HTMLDialogElement>(null)
  return (
    <>
      <button class="icon" aria-label="Keys" onClick={() => dialog.current?.showModal()}>
        ?
      </button>
      <dialog ref={dialog} aria-label="Keys">
        <dl class="keys">
          {keys.map(([key, what]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button class="primary">Done</button>
        </form>
      </dialog>
    </>
  )
}
