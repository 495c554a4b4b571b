import {describe, expect, test} from '@jest/globals'
import {readFile} from 'node:fs/promises'

import {parse} from 'yaml'

import {names} from '../names.ts'
import {urlOf} from '../run/places.ts'
import {labelsIn, readMetrics, readQuery, unknownIn, type Exported} from './queries.ts'

interface Rule {
  readonly record?: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
}

interface Target {
  readonly expr: string
  readonly legendFormat: string
}

interface Variable {
  readonly name: string
  readonly query: string | {readonly query: string}
}

interface Dashboard {
  readonly panels: readonly {readonly targets: readonly Target[]}[]
  readonly templating: {readonly list: readonly Variable[]}
}

/** What alerts and dashboards ask about services that run and have been used. */
export function observed(): void {
  test('a query that names what nobody exports is found', () => {
    const exported = readMetrics('# HELP jobs_total\njobs_total{outcome="done",service="render"} 3\n')
    const query = readQuery('sum by (outcome, color) (rate(jobs_total{kind="a",site="b"}[5m])) / jobs')
    expect(unknownIn(query, exported)).toEqual(['jobs', 'jobs_total{kind}', 'by color'])
    expect(() => readQuery('sum by (')).toThrow('cannot be read')
  })

  describe.each(names)('of %s', (name) => {
    test('alerts and the dashboard ask for what is exported, and for nothing of another service', async () => {
      const rules = await rulesOf(name)
      const {panels, templating} = await dashboardOf(name)
      const exported = new Map([...(await metricsOf(name)), ...recorded(rules), ['up', new Set<string>()]])
      const targets = panels.flatMap((panel) => panel.targets)
      const chosen = templating.list.flatMap(({query}) =>
        typeof query === 'string' ? [] : [asSelection(query.query)],
      )
      expect(templating.list.map((variable) => variable.name)).toEqual(['datasource', 'site', 'instance'])
      const queries = [...rules.map(({expr}) => expr), ...targets.map(({expr}) => expr), ...chosen].map(
        readQuery,
      )
      expect(queries.flatMap((query) => unknownIn(query, exported))).toEqual([])
      expect(targets.flatMap((target) => unshown(target, exported))).toEqual([])
      for (const {metric, labels} of queries.flatMap(({selectors}) => selectors))
        expect([metric, labels.get(metric === 'up' ? 'job' : 'service')]).toEqual([metric, name])
    })
  })
}

const read = (file: string) => readFile(new URL(`../${file}`, import.meta.url), 'utf8')

async function rulesOf(name: string): Promise<readonly Rule[]> {
  const {groups} = parse(await read(`${name}/alerts.yaml`)) as {groups: {rules: Rule[]}[]}
  return groups.flatMap(({rules}) => rules)
}

const dashboardOf = async (name: string) =>
  JSON.parse(await read(`${name}/dashboards/${name}.json`)) as Dashboard

async function metricsOf(name: (typeof names)[number]): Promise<Exported> {
  return readMetrics(await (await fetch(`${urlOf(name)}/metrics`)).text())
}

/** Series that rules make of others. */
function recorded(rules: readonly Rule[]): Exported {
  return new Map(
    rules.flatMap(({record, expr, labels}) =>
      record === undefined ? [] : [[record, new Set([...Object.keys(labels), ...readQuery(expr).groupings])]],
    ),
  )
}

/** Labels that the legend shows and the query does not leave. */
function unshown({expr, legendFormat}: Target, exported: Exported): string[] {
  const query = readQuery(expr)
  const left = new Set(query.groupings.length > 0 ? query.groupings : labelsIn(query, exported))
  const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!)
  return shown.filter((label) => !left.has(label)).map((label) => `${expr} {{${label}}}`)
}

/** `label_values(up{job="auth"}, site)` is Grafana's own. */
const asSelection = (query: string): string =>
  query.replace(/^label_values\((.+), (\w+)\)$/, 'group by ($2) ($1)')
