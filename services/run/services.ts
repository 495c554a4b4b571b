// npm run services [-- --lab]: everything that PixelPulse is, on this machine's loopback: PostgreSQL, an S3 server and all
// services. Ctrl-C ends them; what they have stored stays for the next time. With --lab they use the database of the lab that is
// up (PP_LAB), through its poolers.
import {execFile} from 'node:child_process'
import {createConnection} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {parseArgs, promisify} from 'node:util'

import {BucketAlreadyOwnedByYou, CreateBucketCommand, S3Client} from '@aws-sdk/client-s3'
import pg from 'pg'

import {applicationUrl} from '../../src/lib/lab/application-url.ts'
import {ensureProgram} from '../../src/lib/lab/cluster/build.ts'
import {versitygw} from '../../src/lib/lab/cluster/programs.ts'
import {defaultLab} from '../../src/lib/lab/paths.ts'
import {requireRecord} from '../../src/lib/lab/state.ts'
import {createProgress} from '../../src/lib/output/progress.ts'
import {names, withDatabase} from '../names.ts'
import {Child} from './child.ts'
import {environment, isUp, migration, s3, service} from './parts.ts'
import {folder, host, logFile, ports, urlOf, type PartName} from './places.ts'
import {ownDatabaseUrl, postgres} from './postgres.ts'

const {values} = parseArgs({options: {lab: {type: 'boolean', default: false}}})
const children: Child[] = []
const say = (line: string) => console.error(line)
const stopped = Promise.withResolvers<NodeJS.Signals>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.resolve(signal))

try {
  const databaseUrl = values.lab
    ? await applicationUrl(await requireRecord(process.env.PP_LAB || defaultLab))
    : ownDatabaseUrl
  await assertPortsFree()
  const progress = createProgress()
  const program = await ensureProgram(versitygw, progress)
  await progress.end()
  const isReady = await Promise.race([
    start(program, databaseUrl).then(() => true),
    stopped.promise.then(() => false),
  ])
  if (isReady) {
    show()
    await stopped.promise
  }
} catch (error) {
  say(`✖ ${(error as Error).message}`)
  process.exitCode = 1
} finally {
  await stopAll()
}

async function start(s3Program: string, databaseUrl: string): Promise<void> {
  if (!values.lab) run(postgres())
  // The S3 server begins only where whoever hears its events is there.
  run(service('thumbnails', databaseUrl))
  await until('thumbnails', () => isUp('thumbnails'))
  run(s3(s3Program))
  await until('postgres', () => answers(() => new pg.Client(databaseUrl)))
  for (const name of withDatabase)
    await promisify(execFile)(process.execPath, [migration(name)], {env: environment(databaseUrl)})
  await until('s3', () => makeBucket(environment(databaseUrl)))
  for (const name of names) if (name !== 'thumbnails') run(service(name, databaseUrl))
  await Promise.all(names.map((name) => until(name, () => isUp(name))))
}

function run(program: ConstructorParameters<typeof Child>[0]): void {
  children.push(new Child(program, say))
}

function show(): void {
  console.log(`PixelPulse is up: ${urlOf('gateway')}\n`)
  for (const name of [...names, 's3', ...(values.lab ? [] : (['postgres'] as const))] as const)
    console.log(`  ${name.padEnd(11)} ${host}:${ports[name]}  ${logFile(name)}`)
  console.log(`\n  What is stored lies in ${folder}. Ctrl-C ends all of it.`)
}

/** The services first: they finish what they have, with a database and a store that are still there. */
async function stopAll(): Promise<void> {
  const isServer = ({program}: Child) => program.name === 'postgres' || program.name === 's3'
  await Promise.all(children.filter((child) => !isServer(child)).map((child) => child.stop(25_000)))
  await Promise.all(children.filter(isServer).map((child) => child.stop(10_000)))
}

/** @throws Error that names whose port is taken, and how to see by whom. */
async function assertPortsFree(): Promise<void> {
  for (const [name, port] of Object.entries(ports)) {
    const socket = createConnection({host, port})
    const isTaken = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (isTaken)
      throw new Error(`Port ${port}, which ${name} needs, is taken. See by whom: ss -ltnp 'sport = :${port}'`)
  }
}

async function until(name: PartName, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`${name} does not become ready. Its log: ${logFile(name)}`)
    await sleep(200)
  }
}

async function answers(make: () => pg.Client): Promise<boolean> {
  const client = make()
  client.on('error', () => undefined)
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  )
}

async function makeBucket({
  S3_BUCKET: Bucket,
  S3_REGION: region = '',
  S3_ENDPOINT: endpoint = '',
  ...env
}: Record<string, string>): Promise<boolean> {
  const credentials = {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
  }
  const client = new S3Client({region, endpoint, credentials, forcePathStyle: true, maxAttempts: 1})
  return client.send(new CreateBucketCommand({Bucket})).then(
    () => true,
    (error: unknown) => error instanceof BucketAlreadyOwnedByYou,
  )
}
