import {useEffect} from 'preact/hooks'

import type {Editing} from './editor.tsx'

/** What the keys do, as the help shows it. */
export const keys: readonly (readonly [keys: string, what: string])[] = [
  ['Ctrl Z', 'take back what you did last'],
  ['Ctrl Shift Z', 'do it again'],
  ['Delete', 'remove what is selected'],
  ['Arrows', 'move it by 1 pixel, with Shift by 10'],
  ['[ and ]', 'one layer back, one layer forth'],
  ['Ctrl D', 'duplicate it'],
  ['Escape', 'select nothing'],
]

export function useKeyboard({shared, selected, select}: Editing): void {
  useEffect(() => {
    const act = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLElement && event.target.closest('input, textarea, select, dialog'))
        return
      const action = actionOf(event)
      if (!action) return
      event.preventDefault()
      action()
    }
    const chosen = () => shared.scene.value.layers.filter(({id}) => selected.includes(id))
    const nudge = (x: number, y: number) => () => {
      for (const layer of chosen()) shared.update(layer.id, {x: layer.x + x, y: layer.y + y})
    }
    const duplicate = () => {
      const copies = chosen().map((layer) => ({
        ...layer,
        id: crypto.randomUUID(),
        x: layer.x + 16,
        y: layer.y + 16,
      }))
      for (const copy of copies) shared.add(copy)
      select(copies.map(({id}) => id))
    }
    const actionOf = ({key, ctrlKey, metaKey, shiftKey}: KeyboardEvent): (() => void) | undefined => {
      const step = shiftKey ? 10 : 1
      if (ctrlKey || metaKey)
        return {z: shiftKey ? shared.redo : shared.undo, y: shared.redo, d: duplicate}[key.toLowerCase()]
      return {
        Delete: () => shared.remove(selected),
        Backspace: () => shared.remove(selected),
        Escape: () => select([]),
        ArrowLeft: nudge(-step, 0),
        ArrowRight: nudge(step, 0),
        ArrowUp: nudge(0, -step),
        ArrowDown: nudge(0, step),
        '[': () => selected.forEach((id) => shared.move(id, -1)),
        ']': () => selected.forEach((id) => shared.move(id, 1)),
      }[key]
    }
    addEventListener('keydown', act)
    return () => removeEventListener('keydown', act)
  })
}
