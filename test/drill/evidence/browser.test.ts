// The page of a report in a real browser: what a reader sees, at the width of a phone and of a desk, by day and by night, and on paper.
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals'
import {accessSync, constants} from 'node:fs'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import puppeteer, {type Browser, type Page} from 'puppeteer-core'
import * as z from 'zod'

import {htmlOf} from '../../../src/lib/drill/evidence/html.ts'
import {trendOf} from '../../../src/lib/drill/report/history.ts'
import {leftBroken, missed, passed} from '../../fakes/drill-reports.ts'

const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium'
const hasChromium = isProgram(chromium)
if (!hasChromium) console.warn(`skipped: no browser at ${chromium} (Debian: apt-get install chromium)`)

const reports = {passed: passed(), missed: missed(), 'left broken': leftBroken()}
const widths = [360, 1280]
const cases = Object.keys(reports).flatMap((name) =>
  widths.flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({name, width, scheme}))),
)

/** What a reader would see; runs in the page, whose types are not ours. */
const inPage = `(() => {
  const {scrollWidth, clientWidth} = document.documentElement
  const verdict = document.querySelector('.verdict')
  return {
    overflow: scrollWidth - clientWidth,
    verdict: verdict.textContent,
    isVerdictSeen: verdict.checkVisibility(),
    brightness: Number(/\\d+/.exec(getComputedStyle(document.body).backgroundColor)[0]),
    marks: document.querySelectorAll('svg rect, svg path, svg line').length,
  }
})()`
const look = z.object({
  overflow: z.number(),
  verdict: z.string(),
  isVerdictSeen: z.boolean(),
  brightness: z.number(),
  marks: z.number(),
})

;(hasChromium ? describe : describe.skip)('the page of a report', () => {
  let browser: Browser
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pp-'))
    browser = await puppeteer.launch({
      executablePath: chromium,
      // Root has no sandbox of Chromium's; what is opened is our own page.
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    })
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await rm(folder, {recursive: true})
  })

  async function open(name: string): Promise<{page: Page; troubles: string[]}> {
    const file = join(folder, 'report.html')
    await writeFile(
      file,
      htmlOf(reports[name as keyof typeof reports], trendOf([passed(), missed(), passed()])),
    )
    const page = await browser.newPage()
    const troubles: string[] = []
    page.on('console', (message) => troubles.push(message.text()))
    page.on('pageerror', (error) => troubles.push(String(error)))
    page.on('request', (request) => {
      if (request.url() !== `file://${file}`) troubles.push(request.url())
    })
    await page.goto(`file://${file}`)
    return {page, troubles}
  }

  test.each(cases)('$name, $width px wide, $scheme', async ({name, width, scheme}) => {
    const {page, troubles} = await open(name)
    await page.setViewport({width, height: 800})
    await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}])
    const seen = look.parse(await page.evaluate(inPage))
    expect(seen).toMatchObject({overflow: 0, isVerdictSeen: true})
    expect(seen.verdict).toContain(name === 'passed' ? 'PASS' : 'FAIL')
    expect(seen.marks).toBeGreaterThan(10)
    if (scheme === 'dark') expect(seen.brightness).toBeLessThan(80)
    else expect(seen.brightness).toBeGreaterThan(200)
    expect(troubles).toEqual([])
    await page.close()
  })

  test('on paper it is a few pages, all of it', async () => {
    const {page, troubles} = await open('passed')
    const pdf = await page.pdf({format: 'A4', printBackground: true})
    const pages = Buffer.from(pdf)
      .toString('latin1')
      .match(/\/Type\s*\/Page\b/g)?.length
    expect(pages).toBeGreaterThanOrEqual(1)
    expect(pages).toBeLessThanOrEqual(4)
    expect(troubles).toEqual([])
    await page.close()
  })
})

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
