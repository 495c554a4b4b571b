import type {Progress} from '../../src/lib/output/progress.ts'

/** Progress that nobody looks at. */
export const silentProgress: Progress = {
  start: () => undefined,
  detail: () => undefined,
  done: () => undefined,
  failed: () => undefined,
  note: () => undefined,
  end: () => Promise.resolve(),
}
