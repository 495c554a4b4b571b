import type {Progress} from '../output/progress.ts'

/** Shows the steps of an operation as what a step of the drill is about; the drill's display stays its own. */
export const within = (outer: Progress, detail: (text: string) => void): Progress => {
  const titles = new Map<string, string>()
  return {
    start(id, title) {
      titles.set(id, title)
      detail(title)
    },
    detail: (id, text) => detail(`${titles.get(id) ?? id}: ${text}`),
    done: (id, text) => detail(text ?? titles.get(id) ?? id),
    failed: (id, text) => detail(`${titles.get(id) ?? id}: ${text}`),
    note: (text) => outer.note(text),
    end: () => Promise.resolve(),
  }
}
