import type {Listr as ListrList, ListrTaskWrapper} from 'listr2'

import {redact} from '../redact.ts'
import type {Progress} from './progress.ts'
import {stepLine} from './step-line.ts'

type Slot = Pick<ListrTaskWrapper<unknown, never, never>, 'title' | 'skip'>

type End = 'done' | 'failed' | 'noted'

interface Step {
  readonly title: string
  readonly startedMs: number
  slot: Slot | undefined
  /** The latest title, kept until the slot is there. */
  shown: string
  end: ((how: End) => void) | undefined
  /** Set when the step was over before its slot was there. */
  over: End | undefined
}

/** Steps that one list can show; listr2 takes its tasks beforehand, so they wait empty until a step needs one. */
const slotsOfAList = 48

/** Steps with spinners at a terminal, on stderr. */
export function liveProgress(): Progress {
  const steps = new Map<string, Step>()
  let list: LiveList | undefined
  const add = (title: string): Step => {
    if (list?.isFull() !== false) list = openList(list)
    const step: Step = {
      title,
      startedMs: performance.now(),
      slot: undefined,
      shown: title,
      end: undefined,
      over: undefined,
    }
    list.show(step)
    return step
  }
  const finish = (id: string, text: string | undefined, failed: boolean) => {
    const step = steps.get(id) ?? add(text ?? id)
    steps.delete(id)
    retitle(step, stepLine(text ?? step.title, step.startedMs))
    close(step, failed ? 'failed' : 'done')
  }
  return {
    start(id, title) {
      steps.set(id, add(title))
    },
    detail(id, text) {
      const step = steps.get(id)
      if (step) retitle(step, `${step.title}  ${text}`)
    },
    done(id, text) {
      finish(id, text, false)
    },
    failed(id, text) {
      finish(id, text, true)
    },
    note(text) {
      close(add(text), 'noted')
    },
    async end() {
      for (const step of steps.values()) close(step, 'done')
      await list?.end()
      list = undefined
    },
  }
}

function retitle(step: Step, title: string): void {
  step.shown = redact(title)
  if (step.slot) step.slot.title = step.shown
}

function close(step: Step, how: End): void {
  step.over = how
  step.end?.(how)
}

interface LiveList {
  isFull(): boolean
  show(step: Step): void
  end(): Promise<void>
}

function openList(before: LiveList | undefined): LiveList {
  const slots = Array.from({length: slotsOfAList}, () => Promise.withResolvers<Step | undefined>())
  let used = 0
  // The list before must have let go of the terminal, or the two would draw over one another.
  const ran = Promise.resolve(before?.end())
    .then(() => createList(slots.map(({promise}) => promise)))
    .then((list) => list.run())
    .then(showCursor, showCursor)
  return {
    isFull: () => used >= slotsOfAList,
    show(step) {
      slots[used]?.resolve(step)
      used += 1
    },
    async end() {
      for (const slot of slots.slice(used)) slot.resolve(undefined)
      used = slotsOfAList
      await ran
    },
  }
}

async function createList(slots: readonly Promise<Step | undefined>[]): Promise<ListrList> {
  const {DefaultRenderer, Listr, ListrLogger, ProcessOutput} = await import('listr2')
  class StderrRenderer extends DefaultRenderer {
    static override nonTTY = true // stdout may be a pipe: stderr is the terminal
  }
  // Swapped on purpose: what listr2 prints goes to stderr; a result written meanwhile still reaches stdout.
  const processOutput = new ProcessOutput(process.stderr, process.stdout)
  process.once('exit', showCursor)
  return new Listr(
    slots.map((waiting) => ({
      task: async (_: unknown, slot: Slot) => {
        const step = await waiting
        if (step) await untilOver(step, slot)
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false, // its own handler ends in process.exit(127)
      renderer: StderrRenderer,
      rendererOptions: {
        formatOutput: 'truncate',
        showErrorMessage: false,
        logger: new ListrLogger({
          useIcons: true,
          toStderr: [],
          processOutput,
          icon: {SKIPPED_WITH_COLLAPSE: '!'}, // a note
        }),
      },
    },
  ) as unknown as ListrList
}

async function untilOver(step: Step, slot: Slot): Promise<void> {
  step.slot = slot
  slot.title = redact(step.shown)
  const how = await new Promise<End>((resolve) => {
    step.end = resolve
    if (step.over !== undefined) resolve(step.over)
  })
  if (how === 'failed') throw new Error(step.shown)
  if (how === 'noted') slot.skip(step.shown)
}

function showCursor(): void {
  process.stderr.write('\u001b[?25h')
}
