import {useEffect, useState} from 'preact/hooks'

import {api} from '../api.ts'
import {go} from '../place.ts'
import {openDesign, type SharedDesign} from './document.ts'
import {LayersPanel} from './layers-panel.tsx'
import {Properties} from './properties.tsx'
import type {Scene} from './scene.ts'
import {Stage} from './stage.tsx'
import {Toolbar} from './toolbar.tsx'
import {useKeyboard} from './keyboard.ts'
import {createVersions, type Versions} from './versions.ts'

interface Design {
  readonly id: string
  readonly title: string
  readonly version: number
  readonly role: 'owner' | 'editor'
  readonly scene: Scene
}

/** What the parts of the editor work with. */
export interface Editing {
  readonly design: Design
  readonly shared: SharedDesign
  readonly versions: Versions
  readonly selected: readonly string[]
  readonly select: (ids: readonly string[]) => void
  readonly say: (problem: string) => void
}

export function Editor({id}: {id: string}) {
  const [opened, setOpened] = useState<Pick<Editing, 'design' | 'shared' | 'versions'> | undefined>()
  const [problem, setProblem] = useState('')
  useEffect(() => {
    let shared: SharedDesign | undefined
    let isGone = false
    api<Design>('GET', `/designs/${id}`).then(
      (design) => {
        if (isGone) return
        const versions = createVersions(id, design.version, () => shared?.scene.value ?? design.scene)
        shared = openDesign(id, design.scene, () => versions.touch())
        setOpened({design, shared, versions})
      },
      (error: unknown) => setProblem((error as Error).message),
    )
    return () => {
      isGone = true
      shared?.close()
    }
  }, [id])
  if (opened) return <Open {...opened} />
  return (
    <p class="waiting" role="status">
      {problem || 'Opening the design…'} {problem && <button onClick={() => go('/')}>My designs</button>}
    </p>
  )
}

function Open({design, shared, versions}: Pick<Editing, 'design' | 'shared' | 'versions'>) {
  const [selected, select] = useState<readonly string[]>([])
  const [problem, say] = useState('')
  const editing: Editing = {design, shared, versions, selected, select, say}
  useKeyboard(editing)
  useEffect(() => {
    if (problem === '') return
    const timer = setTimeout(() => say(''), 6000)
    return () => clearTimeout(timer)
  }, [problem])
  return (
    <section class="editor">
      <Toolbar {...editing} />
      <Stage {...editing} />
      <aside>
        <Properties {...editing} />
        <LayersPanel {...editing} />
      </aside>
      {problem && (
        <p class="toast problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  )
}
