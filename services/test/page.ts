import {afterAll, beforeAll, describe, expect, test} from '@jest/globals'
import {accessSync, constants} from 'node:fs'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'

import puppeteer, {type Browser, type BrowserContext, type Page} from 'puppeteer-core'
import sharp from 'sharp'

import {until} from './until.ts'

const address = 'http://127.0.0.1:8080'
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium'
/** Set: where pictures of the page are kept, for the README. */
const pictures = process.env.PP_PICTURES

/** The page in a real browser, against all services. */
export function inBrowser(): void {
  const hasChromium = isProgram(chromium)
  if (!hasChromium) console.warn(`skipped: no browser at ${chromium} (Debian: apt-get install chromium)`)
  ;(hasChromium ? describe : describe.skip)('in a browser', () => {
    let browser: Browser
    let folder: string
    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'pp-'))
      browser = await puppeteer.launch({
        executablePath: chromium,
        // Root has no sandbox of Chromium's; what is opened is our own page.
        args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
      })
    }, 60_000)
    afterAll(async () => {
      await browser.close()
      await rm(folder, {recursive: true})
    })

    test('somebody signs up, draws, uploads an image, renders, and has the picture', async () => {
      const {page, context, problems} = await opened(browser)
      await signUp(page, 'Ada')
      await page.click('.card.new')
      await page.waitForSelector('.stage canvas')
      await until('a word on saving', () => textOf(page, '.saving').then((text) => /Saved|Saving/.test(text)))
      for (const kind of ['Rectangle', 'Ellipse', 'Text']) await page.click(`[aria-label="Add ${kind}"]`)
      await layersAre(page, 3)
      const file = path.join(folder, 'blue.png')
      await sharp({create: {width: 120, height: 80, channels: 3, background: '#2266aa'}})
        .png()
        .toFile(file)
      await (await page.waitForSelector('input[type=file]'))!.uploadFile(file)
      await layersAre(page, 4)
      await until('saved', () => textOf(page, '.saving').then((text) => text === 'Saved'))

      await undoAndRedo(page)
      const bytes = await rendered(page)
      expect(await sharp(bytes).metadata()).toMatchObject({format: 'png', width: 1200, height: 800})
      // The image lies in the middle, above what was drawn before.
      const {data, info} = await sharp(bytes).removeAlpha().raw().toBuffer({resolveWithObject: true})
      const middle = (Math.floor(info.height / 2) * info.width + info.width / 2) * 3
      expect([...data.subarray(middle, middle + 3)]).toEqual([0x22, 0x66, 0xaa])
      expect(problems).toEqual([])
      await context.close()
    }, 60_000)

    test('two edit one design; one is offline for a while, and both have everything afterwards', async () => {
      const [ada, bob] = [await opened(browser), await opened(browser)]
      await signUp(ada.page, 'Ada')
      await ada.page.click('.card.new')
      await ada.page.waitForSelector('.stage canvas')
      const link = await invitation(ada.page)
      await signUp(bob.page, 'Bob')
      await bob.page.goto(link)
      await bob.page.waitForSelector('.stage canvas')
      await ada.page.click('[aria-label="Add Rectangle"]')
      await layersAre(bob.page, 1)
      await until(
        'each other',
        async () =>
          (await textOf(ada.page, '.people')) === 'B' && (await textOf(bob.page, '.people')) === 'A',
      )

      await bob.page.setOfflineMode(true)
      await bob.page.click('[aria-label="Add Ellipse"]')
      await ada.page.click('[aria-label="Add Text"]')
      await layersAre(ada.page, 2)
      await layersAre(bob.page, 2)
      await bob.page.setOfflineMode(false)
      for (const {page} of [ada, bob]) await layersAre(page, 3)
      for (const {page} of [ada, bob])
        await until('saved', () => textOf(page, '.saving').then((text) => text === 'Saved'), 40)
      await keepPicture(ada.page, 'page')
      for (const {context} of [ada, bob]) await context.close()
    }, 90_000)

    test.each([
      {width: 360, scheme: 'light'},
      {width: 360, scheme: 'dark'},
      {width: 1280, scheme: 'dark'},
    ] as const)(
      'at $width pixels, $scheme, nothing is cut off',
      async ({width, scheme}) => {
        const {page, context} = await opened(browser)
        await page.setViewport({width, height: 740})
        await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}])
        await signUp(page, 'Ada')
        expect(await overflow(page)).toBe(0)
        await page.click('.card.new')
        await page.waitForSelector('.stage canvas')
        for (const kind of ['Rectangle', 'Text']) await page.click(`[aria-label="Add ${kind}"]`)
        await layersAre(page, 2)
        expect(await overflow(page)).toBe(0)
        const brightness = await page.evaluate(
          `Number(/\\d+/.exec(getComputedStyle(document.querySelector('.toolbar')).backgroundColor)[0])`,
        )
        expect(Number(brightness) > 128).toBe(scheme === 'light')
        // Everything can be said by name, for whoever does not see it.
        expect(
          await page.evaluate(`[...document.querySelectorAll('button, input')].filter((one) =>
        !one.hidden && !one.textContent && !one.labels?.length && !one.ariaLabel).length`),
        ).toBe(0)
        await keepPicture(page, `page-${width}-${scheme}`)
        await context.close()
      },
      60_000,
    )
  })
}

async function opened(browser: Browser): Promise<{page: Page; context: BrowserContext; problems: string[]}> {
  const context = await browser.createBrowserContext()
  const page = await context.newPage()
  await page.setViewport({width: 1280, height: 800})
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))
  await page.goto(address)
  return {page, context, problems}
}

async function signUp(page: Page, name: string): Promise<void> {
  await (await page.waitForSelector('.log-in .link'))!.click()
  await page.type('input[name=name]', name)
  await page.type('input[name=email]', `${crypto.randomUUID()}@example.net`)
  await page.type('input[name=password]', 'correct horse battery')
  await page.click('button.primary')
  await page.waitForSelector('.designs .card.new')
}

const textOf = async (page: Page, selector: string): Promise<string> =>
  String(await page.evaluate(`document.querySelector(${JSON.stringify(selector)}).textContent`))

const layersAre = (page: Page, count: number) =>
  until(`${count} layers`, async () => (await page.$$('.layers li')).length === count)

const overflow = async (page: Page): Promise<number> =>
  Number(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'))

async function undoAndRedo(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await page.keyboard.down('Control')
  await page.keyboard.press('z')
  await page.keyboard.up('Control')
  await until('one layer less', async () => (await page.$$('.layers li')).length < 4)
  await page.click('[aria-label="Redo"]')
  await layersAre(page, 4)
}

async function rendered(page: Page): Promise<Buffer> {
  await page.click('.toolbar > button.primary')
  await page.waitForSelector('dialog[open][aria-label="Render"]')
  await page.click('dialog[open] button.primary')
  const link = await page.waitForSelector('dialog[open] a.button', {timeout: 30_000})
  const url = await link!.evaluate((element) => (element as unknown as {href: string}).href)
  return Buffer.from(await (await fetch(url)).arrayBuffer())
}

async function invitation(page: Page): Promise<string> {
  await page.click('.toolbar > button ::-p-text(Invite)')
  const input = await page.waitForSelector('dialog[open] input[aria-label="Link"]')
  const link = await input!.evaluate((element) => (element as unknown as {value: string}).value)
  await page.click('dialog[open] button.primary')
  return link
}

async function keepPicture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return
  await mkdir(pictures, {recursive: true})
  await writeFile(path.join(pictures, `${name}.png`), await page.screenshot())
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
