import {HocuspocusProvider, WebSocketStatus} from '@hocuspocus/provider'
import {signal, type Signal} from '@preact/signals'
import * as Y from 'yjs'

import {currentToken, refresh, user} from '../session.ts'
import type {Layer, Scene} from './scene.ts'

/** Somebody else who has the design open. */
export interface Other {
  readonly id: number
  readonly name: string
  readonly color: string
  readonly cursor: {readonly x: number; readonly y: number} | undefined
}

/** connecting: not heard yet; offline: edits are kept here; saving, saved: as the server says. */
export type Saving = 'connecting' | 'offline' | 'saving' | 'saved' | 'refused'

/** A design that several people edit at once. Whoever edits it sees it at once; the others soon after. */
export interface SharedDesign {
  readonly scene: Signal<Scene>
  readonly others: Signal<readonly Other[]>
  readonly saving: Signal<Saving>
  readonly canUndo: Signal<boolean>
  readonly canRedo: Signal<boolean>
  add(layer: Layer): void
  update(id: string, change: Partial<Layer>): void
  remove(ids: readonly string[]): void
  /** One place towards the front (1) or the back (−1). */
  move(id: string, by: 1 | -1): void
  readonly undo: () => void
  readonly redo: () => void
  point(cursor: {x: number; y: number} | undefined): void
  close(): void
}

const colors = ['#7a5195', '#ef5675', '#0a9396', '#bc5090', '#ca6702', '#5f7adb', '#6a994e']

/** @param onOwnEdit is called after each edit made here. */
export function openDesign(id: string, initial: Scene, onOwnEdit: () => void): SharedDesign {
  const doc = new Y.Doc()
  const [design, order, layers] = [
    doc.getMap('design'),
    doc.getArray<string>('order'),
    doc.getMap<Y.Map<unknown>>('layers'),
  ]
  const scene = signal(initial)
  const others = signal<readonly Other[]>([])
  const saving = signal<Saving>('connecting')
  const [canUndo, canRedo] = [signal(false), signal(false)]
  const mine = {}
  const undoing = new Y.UndoManager([design, order, layers], {
    trackedOrigins: new Set([mine]),
    captureTimeout: 400,
  })

  const provider = new HocuspocusProvider({
    url: `${location.origin.replace(/^http/, 'ws')}/api/collab`,
    name: id,
    document: doc,
    token: async () => {
      if (currentToken() === '') await refresh()
      return currentToken()
    },
    onSynced: () => {
      // Whoever comes first brings what was saved; two at once bring the same.
      if (design.size === 0) doc.transact(() => fill(initial))
    },
    onStatus: ({status}) => {
      if (status !== WebSocketStatus.Connected) saving.value = 'offline'
    },
    onAuthenticationFailed: () => {
      void refresh().then((isFresh) => {
        if (!isFresh) saving.value = 'refused'
      })
    },
    onStateless: ({payload}) =>
      heed(JSON.parse(payload) as {saved?: string; unsaved?: string; isEverything?: boolean}),
    onAwarenessChange: ({states}) => {
      others.value = states.flatMap(({clientId, user: who, cursor}) =>
        clientId === doc.clientID || who === undefined
          ? []
          : [{...(who as {name: string; color: string}), id: clientId, cursor: cursor as Other['cursor']}],
      )
    },
  })
  provider.setAwarenessField('user', {
    name: user.value?.name ?? '',
    color: colors[doc.clientID % colors.length],
  })

  function fill({layers: all, ...rest}: Scene): void {
    for (const [key, value] of Object.entries(rest)) design.set(key, value)
    for (const layer of all) {
      layers.set(layer.id, new Y.Map(Object.entries(layer)))
      order.push([layer.id])
    }
  }

  /** The server says what of this document is committed. */
  function heed({saved, isEverything}: {saved?: string; isEverything?: boolean}): void {
    if (saved === undefined) saving.value = 'saving'
    else if (isEverything !== false && !provider.hasUnsyncedChanges && holdsOwn(fromBase64(saved)))
      saving.value = 'saved'
  }
  /** What others do is theirs to be told about. */
  function holdsOwn(stateVector: Uint8Array): boolean {
    const own = Y.decodeStateVector(Y.encodeStateVector(doc)).get(doc.clientID) ?? 0
    return (Y.decodeStateVector(stateVector).get(doc.clientID) ?? 0) >= own
  }

  const read = (): Scene => {
    const plain = layers.toJSON() as Record<string, Layer | undefined>
    const known = [...new Set(order.toArray())]
      .map((one) => plain[one])
      .filter((layer) => layer !== undefined)
    return {...initial, ...(design.toJSON() as Partial<Scene>), layers: known}
  }
  doc.on('update', (_update: Uint8Array, origin: unknown) => {
    scene.value = read()
    if (origin !== mine && origin !== undoing) return
    if (saving.value === 'saved') saving.value = 'saving'
    onOwnEdit()
  })
  const lookAtHistory = () => {
    canUndo.value = undoing.canUndo()
    canRedo.value = undoing.canRedo()
  }
  for (const event of ['stack-item-added', 'stack-item-popped', 'stack-cleared'] as const)
    undoing.on(event, lookAtHistory)
  const edit = (change: () => void) => doc.transact(change, mine)
  const placeOf = (layer: string) => order.toArray().indexOf(layer)

  return {
    scene,
    others,
    saving,
    canUndo,
    canRedo,
    add: (layer) =>
      edit(() => {
        layers.set(layer.id, new Y.Map(Object.entries(layer)))
        order.push([layer.id])
      }),
    update: (layer, change) =>
      edit(() => {
        for (const [key, value] of Object.entries(change)) layers.get(layer)?.set(key, value)
      }),
    remove: (ids) =>
      edit(() => {
        for (const layer of ids) {
          layers.delete(layer)
          for (let at = placeOf(layer); at !== -1; at = placeOf(layer)) order.delete(at)
        }
      }),
    move: (layer, by) =>
      edit(() => {
        const at = placeOf(layer)
        if (at === -1 || at + by < 0 || at + by >= order.length) return
        order.delete(at)
        order.insert(at + by, [layer])
      }),
    undo: () => void undoing.undo(),
    redo: () => void undoing.redo(),
    point: (cursor) => provider.setAwarenessField('cursor', cursor),
    close: () => provider.destroy(),
  }
}

const fromBase64 = (text: string) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0))
