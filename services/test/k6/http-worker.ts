import {workerData, type MessagePort} from 'node:worker_threads'

export interface Question {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | ArrayBuffer | null
}

export interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly ms: number
}

const {flag, port} = workerData as {readonly flag: Int32Array; readonly port: MessagePort}
/** Of the one server that is asked. */
const cookies = new Map<string, string>()

port.on('message', (message: Question | 'forget') => {
  if (message === 'forget') cookies.clear()
  else void answer(message)
})

async function answer(question: Question): Promise<void> {
  const started = performance.now()
  const {status, body, headers} = await ask(question).catch((error: unknown) => ({
    status: 0,
    body: String(error),
    headers: {},
  }))
  port.postMessage({status, body, headers, ms: performance.now() - started} satisfies Answer)
  Atomics.store(flag, 0, 1)
  Atomics.notify(flag, 0)
}

async function ask({method, url, headers, body}: Question): Promise<Omit<Answer, 'ms'>> {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const answer = await fetch(url, {
    method,
    headers: {...headers, ...(cookie && {cookie})},
    body: method === 'GET' ? null : body,
    redirect: 'manual',
  })
  for (const line of answer.headers.getSetCookie()) {
    const [pair = ''] = line.split(';')
    const [name = '', value = ''] = pair.split('=')
    cookies.set(name, value)
  }
  return {status: answer.status, body: await answer.text(), headers: Object.fromEntries(answer.headers)}
}
