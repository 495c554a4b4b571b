import {writeSync} from 'node:fs'

import {again} from '../again.ts'
import {messageOf, PpError} from '../errors.ts'
import {exitCodes, signalExitCodes, type ExitCode, type Outcome} from '../outcome.ts'
import {reportFailure} from '../output/failure.ts'
import type {Progress} from '../output/progress.ts'
import type {Copies} from './copies.ts'
import {catchUp, takenOverElsewhere} from './elsewhere.ts'
import {failpoint} from './failpoint.ts'
import {listenForInterruption, type Interruption} from './interruption.ts'
import type {Journal, JournalRecord} from './journal.ts'
import type {Lease} from './lock.ts'
import {PlanAnew} from './plan-anew.ts'
import {refusedPlan} from './refused.ts'
import {isStep} from './steps.ts'
import {Undecided} from './undecided.ts'
import type {Direction, Happening, Phase, Verdict, Work} from './types.ts'

const attempts = 3

export interface RunOptions {
  readonly work: Work
  readonly journal: Journal
  readonly progress: Progress
  readonly leaseSeconds: number
  readonly verifySeconds: number
  readonly direction: Direction
  /** A resumed or aborted operation takes its own lock over and keeps its before-images. */
  readonly isContinued: boolean
  /** Fingerprint of the facts the shown plan was made from. */
  readonly expected?: string
  /** Hears what happens, and must return at once: writes may wait meanwhile. */
  readonly tell?: ((happening: Happening) => void) | undefined
}

export interface Ending {
  readonly outcome: Outcome
  readonly exitCode: ExitCode
  readonly direction: Direction
  readonly phases: readonly Phase[]
  readonly findings: readonly string[]
  /** Why it was put back or left unfinished. */
  readonly error: unknown
  readonly signal: 'SIGINT' | 'SIGTERM' | undefined
}

/**
 * Locks, looks again, acts, verifies and releases: the same for every operation, for its resume and for its abort.
 *
 * @throws PpError when nothing was touched: locked, stale, refused. What happens after the first act is an ending.
 */
export async function runOperation(options: RunOptions): Promise<Ending> {
  const {journal, progress} = options
  const interruption = listenForInterruption(
    () => {
      progress.note('stopping: putting things back, or finishing what ends the outage …')
    },
    () => leaveAtOnce(journal.id),
  )
  try {
    return await new Run(options, interruption).go()
  } catch (error) {
    if (!options.isContinued && !journal.records.some((record) => record.type === 'step-intent'))
      await forget(options)
    throw error
  } finally {
    interruption.stop()
  }
}

/** What is under way stays as it is: the journal is open, the lock runs out, armed guards act. */
function leaveAtOnce(id: string): never {
  const message = `Left operation ${id} at once; it is unfinished, and guards that are armed stay so.`
  const left = new PpError('human', 'LEFT_AT_ONCE', {
    message,
    hint: `pp op resume ${id}, or pp op abort ${id}`,
  })
  try {
    // Past the live display, which keeps back what is written to stderr while it draws.
    reportFailure(left, process.argv, undefined, (text) => writeSync(process.stderr.fd, `\n${text}`))
  } finally {
    // Whatever hangs, a connection or the display, must not keep it.
    process.exit() // eslint-disable-line no-restricted-properties
  }
}

/** Only when nobody has its lock: whoever finds that later has to be able to resume or abort what it names. */
async function forget({work, journal}: RunOptions): Promise<void> {
  if (await work.keeper.mayBeLocked(journal.id)) return
  await work.keeper.forget?.(journal.id)
  journal.discard()
}

class Run {
  readonly #options: RunOptions
  readonly #interruption: Interruption
  readonly #phases: Phase[] = []
  #lease: Lease | undefined
  #copies: Copies | undefined
  #direction: Direction
  #error: unknown
  #isToldOfPointOfNoReturn = false
  #turnedBackBecause: string | undefined

  constructor(options: RunOptions, interruption: Interruption) {
    this.#options = options
    this.#interruption = interruption
    this.#direction = options.direction
  }

  async go(): Promise<Ending> {
    const {work, journal, expected, isContinued} = this.#options
    await this.#lock(isContinued)
    try {
      await this.#observe()
      if (expected !== undefined && work.fingerprint() !== expected) throw planStale(work.target)
      const first = work.plan(this.#direction, journal.records)
      if (first.kind === 'refused') throw refusedPlan(first)
      if (isContinued) {
        // Not before: what is refused touches nothing.
        await work.settle()
        await this.#observe()
      }
    } catch (error) {
      // What an earlier run has begun is unfinished: its lock goes on to say so.
      if (isContinued) this.#lease?.abandon()
      else await this.#lease?.release()
      throw error
    }
    if (!journal.records.some((record) => record.type === 'before')) journal.append('before', work.before())
    journal.append('direction', {direction: this.#direction})
    this.#tell({event: 'start', direction: this.#direction, isContinued})
    this.#isToldOfPointOfNoReturn = wasTold(journal.records, work.isPastPointOfNoReturn())
    try {
      const isComplete = await this.#act()
      return await (isComplete ? this.#finish() : this.#leaveUnfinished())
    } catch (error) {
      if (error instanceof PpError && error.outcome === 'locked') this.#tell({event: 'taken-over'})
      this.#lease?.abandon()
      throw error
    }
  }

  async #lock(mayTakeOver: boolean): Promise<void> {
    const {work, journal, leaseSeconds, progress} = this.#options
    this.#lease = await work.keeper.acquire({
      operation: journal.id,
      leaseSeconds,
      mayTakeOver,
      onWait: (text) => {
        progress.note(text)
      },
    })
    if (mayTakeOver) await this.#stopIfTakenOver()
    journal.token = this.#lease.token
    this.#copies = work.keeper.copies(journal, work.gatherMs)
    journal.append('locked', {token: this.#lease.token, takenOver: this.#lease.takenOver})
  }

  /** Looked at under the lock: from here on nobody else can go on with it. @throws PpError OPERATION_TAKEN_OVER. */
  async #stopIfTakenOver(): Promise<void> {
    const {work, journal} = this.#options
    const elsewhere = await catchUp(journal, work.keeper)
    if (!elsewhere) return
    // The lock of an operation that is unfinished still has to be seen by everybody.
    if (elsewhere.outcome === undefined) this.#lease?.abandon()
    else await this.#lease?.release()
    throw takenOverElsewhere(elsewhere)
  }

  /** Plans and performs until nothing is left; false when somebody has to look. */
  async #act(): Promise<boolean> {
    const {work, journal} = this.#options
    for (let failures = 0; failures < attempts;) {
      const plan = work.plan(this.#direction, journal.records)
      if (plan.kind === 'refused') {
        if (plan.code === 'ALREADY_PROMOTED' && this.#options.direction === 'forward') {
          this.#turn('forward', plan.reason)
          failures++
          continue
        }
        this.#error ??= refusedPlan(plan)
        return false
      }
      const ended = await this.#performAll(plan.steps)
      if (ended === 'done' && !plan.isPartial) return true
      await this.#lookAgain()
      if (ended === 'done') continue
      if (ended === 'stale') {
        if (!(await this.#lockAnew())) return false
        await this.#lookAgain()
      } else if (this.#error instanceof PlanAnew && failures + 1 < attempts && !this.#isInterrupted()) {
        failures++
      } else if (this.#error instanceof Undecided && !this.#isInterrupted()) return false
      else if (this.#direction === 'forward' && !work.isPastPointOfNoReturn()) {
        // A step that waits fails when it is told to stop: the reason is why it was told.
        this.#turn('back', this.#stopReason() ?? messageOf(this.#error))
      } else failures++
    }
    return false
  }

  /** False when it cannot be had now: somebody has to look. @throws PpError when somebody else has it. */
  async #lockAnew(): Promise<boolean> {
    try {
      await this.#lock(true)
      return true
    } catch (error) {
      if (error instanceof PpError && error.outcome === 'locked') throw error
      this.#error = error
      return false
    }
  }

  async #performAll(
    steps: readonly {readonly kind: string}[],
  ): Promise<'done' | 'failed' | 'interrupted' | 'stale'> {
    const {work, journal, progress} = this.#options
    for (const [n, step] of steps.entries()) {
      if (this.#isInterrupted()) return 'interrupted'
      if (!this.#lease?.isFresh()) {
        this.#lease?.abandon()
        return 'stale'
      }
      const id = `${step.kind} ${n + 1}`
      progress.start(id, work.title(step))
      this.#lease.setStep(step.kind)
      const startedAt = performance.now()
      try {
        failpoint('before', step.kind)
        journal.append('step-intent', step)
        if (work.keeper.knowsBefore) await this.#copies?.flush()
        const proof = await work.perform(step, this.#context(id))
        journal.append('step-done', {kind: step.kind, proof, ms: Math.round(performance.now() - startedAt)})
        failpoint('after', step.kind)
        this.#phases.push({id: step.kind, ms: performance.now() - startedAt})
        // Not while clients wait for being led on: hooks start programs and connections.
        if (step.kind !== 'promote') this.#tellPointOfNoReturn()
        progress.done(id, work.summary(step, proof))
      } catch (error) {
        this.#error = error
        const code = error instanceof PpError ? error.code : undefined
        journal.append('step-failed', {kind: step.kind, code, message: messageOf(error)})
        progress.failed(id, messageOf(error))
        return 'failed'
      }
    }
    return 'done'
  }

  #context(id: string) {
    const {journal, progress} = this.#options
    return {
      operation: journal.id,
      token: () => this.#lease?.token ?? 0,
      leaseLeftSeconds: () => this.#lease?.leftSeconds() ?? 0,
      isInterrupted: () => this.#isInterrupted(),
      records: journal.records,
      detail: (text: string) => {
        progress.detail(id, text)
      },
    }
  }

  /** Everything has to be put back, and still can. */
  #isInterrupted(): boolean {
    return this.#stopReason() !== undefined && this.#direction === 'forward' && !this.#hasPromoted()
  }

  #stopReason(): string | undefined {
    return this.#interruption.signal() ?? this.#options.work.stopReason?.()
  }

  #hasPromoted(): boolean {
    return this.#options.work.isPastPointOfNoReturn() || this.#phases.some((phase) => phase.id === 'promote')
  }

  #turn(direction: Direction, why: string | undefined): void {
    this.#direction = direction
    this.#options.journal.append('direction', {direction, why})
    if (direction === 'back') this.#turnedBackBecause = why
  }

  /** For the same reason not before everything is put back. */
  #tellAbort(): void {
    if (this.#turnedBackBecause === undefined) return
    this.#tell({event: 'abort', why: this.#turnedBackBecause})
    this.#turnedBackBecause = undefined
  }

  #tellEnd({outcome, exitCode, findings}: Ending): void {
    this.#tellPointOfNoReturn()
    this.#tellAbort()
    this.#tell({event: 'end', outcome, exitCode, findings})
  }

  #tell(happening: Happening): void {
    this.#options.tell?.(happening)
  }

  #tellPointOfNoReturn(): void {
    if (this.#isToldOfPointOfNoReturn || !this.#hasPromoted()) return
    this.#isToldOfPointOfNoReturn = true
    this.#tell({event: 'point-of-no-return'})
  }

  async #lookAgain(): Promise<void> {
    try {
      await this.#observe()
    } catch (error) {
      this.#error ??= error
    }
  }

  /** A host that answers only now has to know the token before it is acted on. */
  async #observe(): Promise<void> {
    const {work} = this.#options
    await work.observe()
    await this.#lease?.raise()
  }

  async #finish(): Promise<Ending> {
    const {work, journal, verifySeconds, progress} = this.#options
    this.#tellAbort()
    progress.start('verify', 'verify')
    let verdict = await work.verify(this.#direction, journal.records)
    progress.detail('verify', `provisional: ${verdict.outcome}; looking again in ${verifySeconds} s`)
    await new Promise((resolve) => setTimeout(resolve, verifySeconds * 1000))
    verdict = await work.verify(this.#direction, journal.records)
    // What has gone wrong meanwhile may have an answer, as a second member that accepts writes has: the plan knows it.
    if (verdict.outcome === 'human' && (await this.#act()))
      verdict = await work.verify(this.#direction, journal.records)
    if (verdict.findings.length > 0) progress.failed('verify', verdict.findings.join('; '))
    else progress.done('verify', `verified, again after ${verifySeconds} s`)
    const ending = this.#ending(verdict)
    journal.append('closed', {outcome: ending.outcome, exitCode: ending.exitCode, findings: verdict.findings})
    this.#tellEnd(ending)
    await this.#copies?.flush()
    await this.#lease?.release()
    return ending
  }

  #ending(verdict: Verdict): Ending {
    const signal = this.#interruption.signal()
    const wasPutBack = this.#direction === 'back' && this.#options.direction === 'forward'
    // Put back is not finished, also where something else is not as it was meanwhile: the findings say what.
    const isBack = wasPutBack && (verdict.outcome === 'done' || verdict.outcome === 'degraded')
    const isLate = this.#error instanceof PpError && this.#error.outcome === 'timed-out'
    const outcome = isBack ? (isLate ? 'timed-out' : 'undone') : verdict.outcome
    const exitCode = outcome === 'undone' && signal ? signalExitCodes[signal] : exitCodes[outcome]
    const base = {
      direction: this.#direction,
      phases: this.#phases,
      findings: verdict.findings,
      error: this.#error,
      signal,
    }
    return {outcome, exitCode, ...base}
  }

  /** The lock runs out by itself; the journal stays open, so that resume and abort find it. */
  async #leaveUnfinished(): Promise<Ending> {
    await this.#copies?.flush()
    this.#lease?.abandon()
    const findings = [messageOf(this.#error)]
    const base = {direction: this.#direction, phases: this.#phases, findings, error: this.#error}
    const ending: Ending = {
      outcome: 'human',
      exitCode: exitCodes.human,
      ...base,
      signal: this.#interruption.signal(),
    }
    this.#tellEnd(ending)
    return ending
  }
}

/** Whether the run before this one has told of the point of no return: it does so after the step that follows it. */
function wasTold(records: readonly JournalRecord[], isPast: boolean): boolean {
  const promoted = records.findIndex(isStep('step-done', 'promote'))
  return promoted === -1 ? isPast : records.slice(promoted + 1).some(({type}) => type === 'step-done')
}

function planStale(target: string): PpError {
  return new PpError('refused', 'PLAN_STALE', {
    message: `${target} has changed since the plan was made; nothing was touched.`,
    hint: `See what has changed (pp status), then: ${again()}`,
  })
}
