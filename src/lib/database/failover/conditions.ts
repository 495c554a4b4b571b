import type {Condition} from './types.ts'

/** What can be the matter with a primary, in the words of `pp explain`, and the page with what to type. */
export const conditions: Readonly<Record<Condition, {readonly means: string; readonly page: string}>> = {
  'cut-off': {
    means:
      'The primary answers here, and no pooler reaches it: its clients cannot write. It is fenced over SSH, and a standby takes over.',
    page: 'docs/runbooks/cut-off.md',
  },
  'disk-full': {
    means:
      'Less than one WAL segment is free on the disk of the primary, so it cannot write. It is fenced over SSH, and a standby takes over.',
    page: 'docs/runbooks/disk-full.md',
  },
  healthy: {
    means:
      'The primary accepts writes. It can be handed over as planned; an unplanned change would make an outage out of none and is refused.',
    page: 'docs/runbooks/healthy.md',
  },
  'host-dead': {
    means:
      'Nobody reaches the host of the primary. Its power is taken away and it has to be silent before a standby takes over.',
    page: 'docs/runbooks/host-dead.md',
  },
  hung: {
    means:
      'The primary runs or takes connections and answers nobody. It may wake up at any moment, so it is killed over SSH or its power is taken away before a standby takes over.',
    page: 'docs/runbooks/hung.md',
  },
  'process-dead': {
    means:
      'The host of the primary answers, and no PostgreSQL runs there. It is fenced over SSH, its disk is read for what no standby has, and a standby takes over.',
    page: 'docs/runbooks/process-dead.md',
  },
  'read-only': {
    means:
      'Every member that answers runs as a standby, as after a blackout in which no majority answered. pp db open makes the most advanced one primary again.',
    page: 'docs/runbooks/read-only.md',
  },
  'second-primary': {
    means:
      'Two members accept writes. The one on the lower timeline was replaced, and is fenced at once; on equal timelines somebody has to decide.',
    page: 'docs/runbooks/second-primary.md',
  },
  'unreachable-from-here': {
    means:
      'The primary does not answer here, but a pooler sees it accept writes or a standby still hears it. Nothing is done: what is broken is the way from here to there.',
    page: 'docs/runbooks/unreachable-from-here.md',
  },
}

export const isCondition = (word: string): word is Condition => Object.hasOwn(conditions, word)
