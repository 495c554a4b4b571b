import type {Cluster} from '../database/cluster.ts'
import {solePrimary} from '../database/facts.ts'
import {observeCluster} from '../database/observe.ts'
import {brokenThings} from '../database/status.ts'
import type {ClusterState} from '../database/types.ts'
import {attachProber} from '../drivers/prober/prober.ts'
import type {JournalRecord} from '../operation/journal.ts'
import {isStep} from '../operation/steps.ts'
import {listOperations} from '../operation/store.ts'
import {keptByVoters} from '../operation/voters.ts'
import type {Direction, Keeper, LockHosts, Plan, StepContext, Verdict, Work} from '../operation/types.ts'
import type {Progress} from '../output/progress.ts'
import type {ClientHost} from './client-host.ts'
import type {DrillIntent} from './intent.ts'
import {drillKind, drillTarget} from './kind.ts'
import {leverPulled} from './lever/lever-of.ts'
import {measure} from './report/measure.ts'
import {Monitor} from './monitor.ts'
import {outsideView} from './outside.ts'
import {holdServices, performStep} from './perform.ts'
import {intents, planDrill} from './plan.ts'
import {stillHeld, type StepProof} from './proofs.ts'
import {RunFiles} from './run-files.ts'
import type {Running} from './running.ts'
import {steadyNow} from './steady.ts'
import {titleOf} from './show/step-title.ts'
import type {DrillStep} from './steps.ts'
import {verdictOf} from './report/verdict.ts'

export interface DrillingOptions {
  readonly cluster: Cluster
  readonly client: ClientHost
  readonly intent: DrillIntent
  /** Id of its journal. */
  readonly operation: string
  readonly folder: string
  readonly progress: Progress
}

/** One run of a drill, with its connections open: the engine of operations drives it, and takes it back. */
export class Drilling implements Work<DrillStep> {
  readonly kind = drillKind
  readonly target: string
  readonly keeper: Keeper
  readonly gatherMs = 0
  readonly running: Running
  #state: ClusterState | undefined
  #hasBegun = false
  readonly #operation: string
  /** It goes forward, and nobody else may change the services that it holds. */
  #isHolding = false

  constructor({cluster, client, intent, operation, folder, progress}: DrillingOptions) {
    this.#operation = operation
    this.target = drillTarget(intent.database)
    this.keeper = keptByVoters(this.target, () => this.#lockHosts())
    const now = () => round(client.helper.notAfter(0) - intent.startedBootSeconds)
    const files = new RunFiles(folder)
    const monitor = new Monitor({
      drill: intent.drill,
      vantage: client.vantage,
      now,
      keep: (looked) => files.keepLook(looked),
      outside: async () => {
        const {prober} = this.running
        return prober ? outsideView(await prober.read(), prober.clocks, intent.startedBootSeconds).looks : []
      },
      lever: () => leverPulled(cluster),
    })
    this.running = {cluster, client, intent, files, progress, monitor, now, prober: undefined, before: []}
  }

  readonly stopReason = (): string | undefined => this.running.monitor.breach

  #lockHosts(): LockHosts {
    const {cluster, intent} = this.running
    // Of API servers that are stopped nothing but their hosts is connected here that has no part in the database.
    const ofDatabase = new Set([
      ...cluster.database.members,
      ...cluster.database.poolers,
      ...cluster.database.voters,
    ])
    const isHit = (host: string) => intent.resolved.targets.includes(host) || !ofDatabase.has(host)
    return {
      voters: cluster.voters,
      votersInAll: cluster.database.voters.length,
      touched: cluster.allLinks.filter(({host}) => isHit(host)).flatMap(({acts}) => acts ?? []),
    }
  }

  async observe(): Promise<void> {
    const {cluster, client, intent, now, monitor} = this.running
    this.#state = await observeCluster(cluster)
    if (this.#hasBegun) {
      // After a pause of this process the latest look at the lever may be old.
      const pulled = await leverPulled(cluster).catch(() => undefined)
      if (pulled !== undefined) monitor.stopRun(pulled)
      return
    }
    const options = {vantage: client.vantage, now, isInterrupted: () => false}
    this.running.before = await steadyNow(intent.drill, 'before', options)
  }

  /** The marker writer outlives pp; a run that is gone on with finds it again. Its hold may have ended, and is prolonged. */
  async settle(): Promise<void> {
    const {client, intent, monitor} = this.running
    if (this.#isHolding)
      await holdServices(intent.resolved.held ?? [], this.running, this.#operation, {mayBeSilent: true})
    this.running.prober ??= await attachProber(client.helper, intent.run).catch(() => undefined)
    if (this.running.prober) monitor.start()
  }

  fingerprint(): string {
    return JSON.stringify([this.running.intent.planHash, this.#state && solePrimary(this.#state)])
  }

  plan(direction: Direction, records: readonly JournalRecord[]): Plan<DrillStep> {
    const {intent, before} = this.running
    // A hold breaks nothing: with only that, a run that is gone on with still finds out whether it may.
    this.#hasBegun = intents(records).some(
      ({kind}) => kind !== 'hold-services' && kind !== 'release-services',
    )
    this.#isHolding =
      direction === 'forward' &&
      records.some(isStep('step-done', 'hold-services')) &&
      !records.some(isStep('step-intent', 'release-services'))
    const broken = before.filter(({status}) => status !== 'held')
    // The way back is never refused: it releases what is held.
    if (direction === 'forward' && !this.#hasBegun && broken.length > 0)
      return {
        kind: 'refused',
        code: 'STEADY_STATE_BAD',
        reason: `${intent.drill.name}: the steady state does not hold before anything is broken. ${broken.map(({name, said}) => `${name}: ${said ?? 'no data'}`).join('; ')}.`,
        hint: 'pp status',
      }
    return {kind: 'steps', steps: planDrill(intent.resolved, direction, records)}
  }

  before(): unknown {
    return {primary: this.#state && solePrimary(this.#state)}
  }

  /** Every act of a drill can be undone; those of the operations in it are their own. */
  isPastPointOfNoReturn(): boolean {
    return false
  }

  title(step: DrillStep): string {
    return titleOf(step)
  }

  summary(step: DrillStep, proof: unknown): string | undefined {
    return `${titleOf(step)}: ${(proof as StepProof).says}`
  }

  async perform(step: DrillStep, context: StepContext): Promise<unknown> {
    this.#hasBegun = true
    return performStep(step, this.running, context)
  }

  async verify(direction: Direction, records: readonly JournalRecord[]): Promise<Verdict> {
    const {cluster, monitor, intent, files} = this.running
    await monitor.stop()
    this.#state = await observeCluster(cluster)
    const {fleet, database} = cluster
    const unfinished = listOperations(fleet).filter(
      ({target, outcome}) => target === database.name && outcome === undefined,
    )
    const human = [
      ...brokenThings(this.#state),
      ...unfinished.map(({id}) => `operation ${id} is unfinished: pp op resume ${id}`),
    ]
    const left = stillHeld(records)
    if (human.length > 0) return {outcome: 'human', findings: [...human, ...left]}
    // Also where it was asked for: a run that was taken back has rehearsed nothing to its end.
    if (direction === 'back') return {outcome: 'undone', findings: left}
    const {objectives, probes} = measure({drill: intent.drill, records, ...files.read()})
    return verdictOf(objectives, probes, left)
  }
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000
