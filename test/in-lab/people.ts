import {createApi} from '../../services/test/api.ts'
import {untilDrawn, work, type Work} from '../../services/test/work.ts'
import {pageUrl} from '../../src/lib/lab/cluster/pages.ts'
import {requireRecord} from '../../src/lib/lab/index.ts'

/** What people on one site have done, and the design that they worked at. */
export interface Worked extends Work {
  readonly design: string
}

const sites = ['rack', 'aws'] as const

/** People who save and order pictures on both sites of a lab until they are sent home. */
export class People {
  #isOver = false
  readonly #working: Promise<readonly Worked[]>

  /** @param port of the nodes: that of the gateway itself, or 30081, the ingress's. */
  constructor(lab: string, port = 30080) {
    this.#working = this.#work(lab, port)
    // Who does not wait for it yet hears of it from goHome.
    this.#working.catch(() => undefined)
  }

  async #work(lab: string, port: number): Promise<readonly Worked[]> {
    const record = await requireRecord(lab)
    return Promise.all(
      sites.map(async (site) => {
        const page = createApi(pageUrl(record, site).replace(':30080', `:${port}`))
        const token = await page.loggedIn()
        const design = (await page.api('POST', '/designs', {title: 'Poster'}, token)).id as string
        const done = await work(page, {token, design}, () => this.#isOver)
        await untilDrawn(page, token, done)
        return {...done, design}
      }),
    )
  }

  /** @returns what was done on the rack, then on aws, once every picture is drawn. @throws Error when one is not. */
  async goHome(): Promise<readonly Worked[]> {
    this.#isOver = true
    return this.#working
  }
}
