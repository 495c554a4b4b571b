import {describe, expect, test} from '@jest/globals'
import {parse} from 'yaml'

import {sourceFiles} from './source-files.ts'

interface Rule {
  readonly alert?: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

interface UnitTest {
  readonly alert_rule_test: readonly {readonly alertname: string; readonly exp_alerts: readonly object[]}[]
}

const services = ['auth', 'collab', 'gateway', 'projects', 'render', 'thumbnails']
const textOf = (file: string): string => sourceFiles(file)[0]!.text
const alertsOf = (service: string): readonly Rule[] =>
  (parse(textOf(`services/${service}/alerts.yaml`)) as {groups: {rules: Rule[]}[]}).groups
    .flatMap(({rules}) => rules)
    .filter(({alert}) => alert !== undefined)

test('every service with a folder of sources of its own has alerts', () => {
  const found = sourceFiles('services/*/alerts.yaml').map(({file}) => file.split('/')[1])
  const built = sourceFiles('services/*/src/main.ts').map(({file}) => file.split('/')[1])
  expect(found.sort()).toEqual(services)
  expect(built.sort()).toEqual(services)
})

describe.each(services)('of the alerts of %s', (service) => {
  const alerts = alertsOf(service)

  test('each says how urgent it is, what is the matter with numbers, and where its runbook is', () => {
    for (const {alert, for: duration, labels, annotations} of alerts) {
      expect(duration).toMatch(/^\d+[mh]$/)
      expect(labels).toEqual({service, severity: expect.stringMatching(/^(page|ticket)$/)})
      expect(annotations).toEqual({
        summary: expect.stringMatching(new RegExp(`^${service}\\b`)),
        description: expect.stringMatching(/\d|\$value/),
        runbook: `services/${service}/runbook.md#${alert!.toLowerCase()}`,
      })
    }
  })

  test('each has its part of the runbook, and no part is about an alert that is gone', () => {
    const parts = [...textOf(`services/${service}/runbook.md`).matchAll(/^## (.+)$/gm)].map(
      ([, part]) => part,
    )
    expect(parts.sort()).toEqual(alerts.map(({alert}) => alert).sort())
  })

  test('each has a case in which it fires, and one in which it does not', () => {
    const {tests} = parse(textOf(`services/${service}/alerts.test.yaml`)) as {tests: UnitTest[]}
    const asked = tests.flatMap((one) => one.alert_rule_test)
    const named = (fires: boolean) =>
      [
        ...new Set(asked.filter((one) => one.exp_alerts.length > 0 === fires).map((one) => one.alertname)),
      ].sort()
    const all = alerts.map(({alert}) => alert).sort()
    expect(named(true)).toEqual(all)
    expect(named(false)).toEqual(all)
  })
})
