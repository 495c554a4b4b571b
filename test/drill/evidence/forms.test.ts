import {describe, expect, test} from '@jest/globals'
import {parse} from 'junit2json'

import {htmlOf} from '../../../src/lib/drill/evidence/html.ts'
import {junitOf} from '../../../src/lib/drill/evidence/junit.ts'
import {markdownOf} from '../../../src/lib/drill/evidence/markdown.ts'
import {trendOf} from '../../../src/lib/drill/report/history.ts'
import {showDrillReport} from '../../../src/lib/drill/show/report.ts'
import type {DrillReport} from '../../../src/lib/drill/report/report-types.ts'
import {leftBroken, lostRows, missed, passed} from '../../fakes/drill-reports.ts'

const trend = trendOf([passed(), passed(), passed(), passed()])
const forms = (report: DrillReport): Readonly<Record<string, string>> => ({
  markdown: markdownOf(report, trend),
  html: htmlOf(report, trend),
  terminal: showDrillReport(report, trend, '/evidence'),
})

describe('the forms of a report', () => {
  test.each([
    {title: 'one that passed', report: passed(), figures: ['PASS', '3.13 s', '188 of 188', '06FR4P0XP9']},
    {title: 'a missed objective', report: missed(), figures: ['FAIL', '45.5 s', '30.0 s']},
    {title: 'lost rows', report: lostRows(), figures: ['FAIL', '185 of 188', '101', '102', '107']},
    {title: 'something still broken', report: leftBroken(), figures: ['FAIL', 'pp drill undo', '13']},
  ])('all say the same of $title', ({report, figures}) => {
    for (const [form, text] of Object.entries(forms(report))) {
      // Marks of Markdown and HTML are no part of what they say; the terminal has no room for the operations.
      const said = text.replaceAll(/<\/?b>|[`\\]/g, '')
      const missing = figures.filter((figure) => !said.includes(figure))
      expect({
        form,
        missing: form === 'terminal' ? missing.filter((one) => !one.startsWith('06')) : missing,
      }).toEqual({
        form,
        missing: [],
      })
    }
  })

  test('nothing that a report holds becomes markup or steers the line', () => {
    const {html = '', markdown = '', terminal = ''} = forms(leftBroken())
    expect(html).not.toContain('<script>')
    expect(html).toContain('&lt;script&gt;')
    expect(html).not.toMatch(/\u202E|(?!\n)\p{Cc}/u)
    expect(markdown).not.toMatch(/(?<!\\)<script>|\u202E|(?!\n)\p{Cc}/u)
    expect(terminal.split('\n').filter((line) => Array.from(line).length > 80)).toEqual([])
  })

  test('the page needs nothing from elsewhere', () => {
    const html = htmlOf(passed(), trend)
    expect(html).not.toMatch(/(src|href)=|url\((?!#)|@import|<script/)
    expect(html).toContain("default-src 'none'")
  })
})

describe('JUnit', () => {
  const read = async (report: DrillReport) => {
    const parsed = await parse(junitOf(report))
    if (!parsed || !('testsuite' in parsed)) throw new Error('no suites')
    return parsed
  }
  const cases = async (report: DrillReport) =>
    (await read(report)).testsuite?.flatMap(({testcase}) => testcase ?? []) ?? []

  test('is read by a CI server’s parser, with a case each for objectives, claims, acts and faults', async () => {
    const {tests, failures, errors} = await read(passed())
    expect({tests, failures, errors}).toEqual({tests: 8, failures: 0, errors: 0})
    expect((await cases(passed())).map(({name}) => name)).toEqual([
      'dr',
      'rto: clients write again, measured 3.13 s, objective 30.0 s or less',
      'rpo: acknowledged rows that are missing, measured 0 rows, objective 0 rows or less',
      'clients-write (before)',
      'outage-ends (during)',
      'power-off',
      'failover',
      'power-off: power-off on db1 is lifted',
    ])
  })

  test('what was missed is a failure, what was not measured an error, neither ever a pass', async () => {
    const {failures, errors} = await read(missed())
    expect({failures, errors}).toEqual({failures: 2, errors: 1})
    const [run, rto, page] = await cases(missed())
    expect(run?.failure?.[0]).toMatchObject({message: 'missed (exit 10)'})
    expect(rto?.failure?.[0]).toMatchObject({
      message: 'rto missed: measured 45.5 s, objective 30.0 s or less',
    })
    expect(page?.error?.[0]).toMatchObject({message: expect.stringContaining('unknown') as unknown})
  })

  test('a fault that was not lifted is a failure', async () => {
    expect((await cases(leftBroken())).at(-1)?.failure?.[0]).toMatchObject({
      message: 'power-off on db1 was not lifted',
    })
  })
})
