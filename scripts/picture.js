// The picture of a drill's report in the README: node scripts/picture.js REPORT.html docs/images/drill-report.png
import path from 'node:path'
import process from 'node:process'
import puppeteer from 'puppeteer-core'

const [report, picture] = process.argv.slice(2)
if (!picture) throw new Error('usage: node scripts/picture.js REPORT.html PICTURE.png')
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
})
const page = await browser.newPage()
await page.setViewport({width: 1000, height: 1046})
await page.goto(`file://${path.resolve(report)}`)
await page.screenshot({path: picture})
await browser.close()
