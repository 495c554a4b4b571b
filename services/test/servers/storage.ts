import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdir, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'

import {CreateBucketCommand, S3Client} from '@aws-sdk/client-s3'

import {ensureProgram} from '../../../src/lib/lab/cluster/build.ts'
import {versitygw} from '../../../src/lib/lab/cluster/programs.ts'
import {createProgress} from '../../../src/lib/output/progress.ts'
import {freePort} from '../../../test/free-port.ts'
import {until} from '../until.ts'

/** A real S3 server of a test's own on loopback, with an empty bucket. */
export interface TestStorage {
  readonly settings: {readonly S3_BUCKET: string; readonly S3_REGION: string; readonly S3_ENDPOINT: string}
  /** The AWS credentials for it; this process has them already. */
  readonly env: {readonly AWS_ACCESS_KEY_ID: string; readonly AWS_SECRET_ACCESS_KEY: string}
  remove(): Promise<void>
}

/** @param eventsUrl where it tells of objects that were made, in the form of S3's own notifications. */
export async function startStorage({eventsUrl}: {readonly eventsUrl?: string} = {}): Promise<TestStorage> {
  const progress = createProgress()
  const program = await ensureProgram(versitygw, progress)
  await progress.end()
  const folder = await mkdtemp(path.join(tmpdir(), 'pp-s3-'))
  await mkdir(path.join(folder, 'objects'))
  const port = await freePort()
  const env = {AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'a secret of tests'}
  Object.assign(process.env, env)
  const server = spawn(
    program,
    [
      ...['--port', `127.0.0.1:${port}`, '--quiet', '--cors-allow-origin', '*'],
      ...(eventsUrl === undefined ? [] : ['--event-webhook-url', eventsUrl]),
      ...['posix', path.join(folder, 'objects')],
    ],
    {
      stdio: 'ignore',
      env: {ROOT_ACCESS_KEY: env.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: env.AWS_SECRET_ACCESS_KEY},
    },
  )
  const settings = {S3_BUCKET: 'pixelpulse', S3_REGION: 'us-east-1', S3_ENDPOINT: `http://127.0.0.1:${port}`}
  await makeBucket(settings)
  return {
    settings,
    env,
    async remove() {
      const ended = once(server, 'close')
      server.kill('SIGKILL')
      await ended
      await rm(folder, {recursive: true, force: true})
    },
  }
}

async function makeBucket({S3_BUCKET, S3_REGION, S3_ENDPOINT}: TestStorage['settings']): Promise<void> {
  const client = new S3Client({
    region: S3_REGION,
    endpoint: S3_ENDPOINT,
    forcePathStyle: true,
    maxAttempts: 1,
  })
  await until('the S3 server', () =>
    client.send(new CreateBucketCommand({Bucket: S3_BUCKET})).then(
      () => true,
      () => false,
    ),
  )
}
