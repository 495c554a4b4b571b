import * as Flags from '@oclif/core/flags'
import {setTimeout as sleep} from 'node:timers/promises'

import {PpCommand} from '../lib/command.ts'
import type {Fleet} from '../lib/fleet/types.ts'

export default class Status extends PpCommand {
  static override summary = 'Show the whole fleet at a glance.'
  static override description =
    'Databases with their poolers; clusters with their nodes and what these cost an hour; services with what their autoscalers want. What does not answer within 2 s is shown as such, and the rest still is.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --watch',
    '<%= config.bin %> <%= command.id %> --check',
  ]
  static override flags = {
    watch: Flags.boolean({description: 'Look again every 2 s until interrupted.', exclusive: ['json']}),
    check: Flags.boolean({description: 'Exit 13 when something is broken.'}),
  }

  async run(): Promise<unknown> {
    const {flags} = await this.parse(Status)
    const fleet = await this.liveFleet()
    const [{databasesThere}, {lookAtDatabases}, {findingsOf}, {showDatabase, showFindings}, look] =
      await Promise.all([
        import('../lib/fleet/lab-state.ts'),
        import('../lib/database/look-with-backups.ts'),
        import('../lib/database/status.ts'),
        import('../lib/database/show-status.ts'),
        lookAtClusters(fleet),
      ])
    const there = databasesThere(fleet)
    const away = fleet.databases.filter((database) => !there.includes(database))
    for (;;) {
      const startedAt = performance.now()
      const [{states, databases, warnings}, {clusters, cost, ...aboutClusters}] = await Promise.all([
        lookAtDatabases(fleet, there),
        look(),
      ])
      const allWarnings = [...warnings, ...aboutClusters.warnings]
      const findings = [...states.flatMap((state) => findingsOf(state)), ...aboutClusters.findings]
      const seconds = (performance.now() - startedAt) / 1000
      if (flags.check && findings.length > 0) this.endWith('human')
      if (!this.jsonEnabled()) {
        const head =
          `${fleet.name} · ${fleet.environment}`.padEnd(58) +
          `${new Date().toTimeString().slice(0, 8)}  (${seconds.toFixed(1)} s)`
        if (flags.watch && process.stdout.isTTY) process.stdout.write('\u001B[H\u001B[2J')
        process.stdout.write(
          `${[head, '', ...databases.map((one) => showDatabase(one)), ...away.map(({name}) => `database ${name}   not in the lab ${fleet.lab ?? ''}`), ...aboutClusters.lines, ...showFindings([...findings, ...allWarnings])].join('\n')}\n`,
        )
      }
      if (!flags.watch)
        return {
          schemaVersion: 1,
          fleet: fleet.name,
          environment: fleet.environment,
          databases,
          clusters,
          cost,
          findings,
          warnings: allWarnings,
        }
      await sleep(2000)
    }
  }
}

/** A look at the clusters; a fleet without any does not load what asks them. */
async function lookAtClusters(fleet: Fleet) {
  const {clustersThere} = await import('../lib/fleet/lab-state.ts')
  const clusters = clustersThere(fleet)
  if (clusters.length === 0)
    return () => Promise.resolve({clusters: [], cost: null, findings: [], warnings: [], lines: []})
  const [{glanceAtClusters}, {autoscalerFindings, clusterFindings}, {showClusters}, {costOfClusters}] =
    await Promise.all([
      import('../lib/workload/glance/observe.ts'),
      import('../lib/workload/glance/status.ts'),
      import('../lib/workload/glance/show.ts'),
      import('../lib/workload/glance/cost.ts'),
    ])
  return async () => {
    const seen = await glanceAtClusters({clusters}, fleet.services)
    const cost = costOfClusters(seen)
    const {findings, warnings} = autoscalerFindings(seen)
    return {
      clusters: seen,
      cost,
      findings: [...clusterFindings(seen), ...findings],
      warnings,
      lines: ['', showClusters(seen, cost)],
    }
  }
}
