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

interface Alerts {
  readonly service: string
  readonly file: string
  readonly runbook: string
  /** What its summaries begin with. */
  readonly subjects: readonly string[]
}

const services = ['auth', 'collab', 'gateway', 'projects', 'render', 'thumbnails']
const ofServices = services.map((service): Alerts => {
  const folder = `services/${service}`
  return {service, file: `${folder}/alerts.yaml`, runbook: `${folder}/runbook.md`, subjects: [service]}
})
const ofDatabase: Alerts = {
  service: 'database',
  file: 'playbooks/ansible/roles/monitoring/files/alerts.yaml',
  runbook: 'docs/runbooks/alerts.md',
  subjects: ['database', 'pooler', 'host'],
}
const textOf = (file: string): string => sourceFiles(file)[0]!.text
const alertsIn = (file: string): readonly Rule[] =>
  (parse(textOf(file)) as {groups: {rules: Rule[]}[]}).groups
    .flatMap(({rules}) => rules)
    .filter(({alert}) => alert !== undefined)

test('every service with a folder of sources of its own has alerts', () => {
  const found = sourceFiles('services/*/alerts.yaml').map(({file}) => file.split('/')[1])
  const built = sourceFiles('services/*/src/main.ts').map(({file}) => file.split('/')[1])
  expect(found.sort()).toEqual(services)
  expect(built.sort()).toEqual(services)
})

describe.each([...ofServices, ofDatabase])(
  'of the alerts of $service',
  ({service, file, runbook, subjects}) => {
    const alerts = alertsIn(file)

    test('each says how urgent it is, what is the matter with numbers, and where its runbook is', () => {
      for (const {alert, for: duration, labels, annotations} of alerts) {
        expect(duration).toMatch(/^\d+[mh]$/)
        expect(labels).toEqual({service, severity: expect.stringMatching(/^(page|ticket)$/)})
        expect(annotations).toEqual({
          summary: expect.stringMatching(new RegExp(`^(${subjects.join('|')})\\b`)),
          description: expect.stringMatching(/\d|\$value/),
          runbook: `${runbook}#${alert!.toLowerCase()}`,
        })
      }
    })

    test('each has its part of the runbook, and no part is about an alert that is gone', () => {
      const parts = [...textOf(runbook).matchAll(/^## (.+)$/gm)].map(([, part]) => part)
      expect(parts.sort()).toEqual(alerts.map(({alert}) => alert).sort())
    })

    test('each has a case in which it fires, and one in which it does not', () => {
      const {tests} = parse(textOf(file.replace('.yaml', '.test.yaml'))) as {tests: UnitTest[]}
      const asked = tests.flatMap((one) => one.alert_rule_test)
      const named = (fires: boolean) =>
        [
          ...new Set(asked.filter((one) => one.exp_alerts.length > 0 === fires).map((one) => one.alertname)),
        ].sort()
      const all = alerts.map(({alert}) => alert).sort()
      expect(named(true)).toEqual(all)
      expect(named(false)).toEqual(all)
    })
  },
)
