import {afterEach, beforeEach, describe, expect, test} from '@jest/globals'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {PlaybookEvent} from '../../../../src/lib/drivers/ansible/events.ts'
import {identifyProcess} from '../../../../src/lib/drivers/machine/processes.ts'
import {runPlaybook, type PlaybookRun} from '../../../../src/lib/drivers/ansible/run-playbook.ts'

const standIn = join(import.meta.dirname, '../../../fixtures/bin/ansible')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pp-test-'))
})
afterEach(() => rm(folder, {recursive: true, force: true}))

function runScene(scene: string, options: Partial<PlaybookRun> = {}) {
  const environment = {
    PATH: `${standIn}:${process.env.PATH ?? ''}`,
    PP_SCENE: scene,
    PP_CALL_FILE: join(folder, 'call'),
    PP_PID_FILE: join(folder, 'pid'),
  }
  return runPlaybook({inventory: '/inventory', playbook: '/site.yml', environment, ...options})
}

describe('what a run returns', () => {
  test('names changes and notices, and passes over lines and events it does not know', async () => {
    const events: PlaybookEvent[] = []
    const result = await runScene('done', {onEvent: (event) => events.push(event)})
    expect(result).toMatchObject({
      hosts: {db1: {ok: 2, changed: 1}},
      changes: [{host: 'db1', task: 'Configuration', details: []}],
      notices: [{host: 'db3', message: 'db3 has no data'}],
    })
    expect(events.map(({event}) => event)).toEqual(['play', 'result', 'notice', 'stats'])
  })

  test('every choice arrives as an argument of its own, SSH arguments quoted', async () => {
    await runScene('done', {
      extraVarsFile: '/vars.json',
      limit: ['db1', 'edge1'],
      check: true,
      sshArgs: ['-F', "/it's here/ssh_config"],
    })
    const call = (await readFile(join(folder, 'call'), 'utf8')).trimEnd().split('\n')
    expect(call.slice(0, -1)).toEqual([
      ...[
        '--inventory',
        '/inventory',
        '--extra-vars',
        '@/vars.json',
        '--limit',
        'db1,edge1',
        '--check',
        '/site.yml',
      ],
    ])
    expect(call.at(-1)).toContain(`-F '/it'"'"'s here/ssh_config'`)
  })
})

describe('what a failure becomes', () => {
  test.each([
    {
      scene: 'failed',
      name: 'a task that failed after others had changed hosts is degraded, and says where',
      error: {code: 'ANSIBLE_FAILED', outcome: 'degraded'},
      message: 'db2, db3: task "Packages" failed: No package matching (changed before that: db1)',
    },
    {
      scene: 'refused',
      name: 'a task that failed before any change is a refusal',
      error: {code: 'ANSIBLE_FAILED', outcome: 'refused'},
      message:
        'db1: task "Stop while an operation holds a host" failed: An operation holds db1 (nothing was changed)',
    },
    {
      scene: 'unreachable',
      name: 'one host that does not answer is a refusal naming it',
      error: {code: 'ANSIBLE_UNREACHABLE', outcome: 'refused'},
      message:
        'Ansible does not reach db2: Failed to connect to the host via ssh: Connection timed out (nothing was changed)',
    },
    {
      scene: 'none-reachable',
      name: 'nothing that answers is unavailable',
      error: {code: 'ANSIBLE_UNREACHABLE', outcome: 'unavailable'},
      message: 'Ansible does not reach db1: Connection refused (nothing was changed)',
    },
    {
      scene: 'syntax',
      name: 'a playbook that never began is a wrong file, with what Ansible says of it',
      error: {code: 'ANSIBLE_FAILED', outcome: 'usage'},
      message:
        'ansible-playbook /site.yml ended with status 4: ERROR! Syntax Error while loading YAML.\nsite.yml: line 3',
    },
  ])('$name', async ({scene, error, message}) => {
    await expect(runScene(scene)).rejects.toMatchObject({...error, message})
  })

  test('a machine without Ansible is told what to install', async () => {
    const run = runScene('done', {environment: {PATH: folder}})
    await expect(run).rejects.toMatchObject({code: 'ANSIBLE_MISSING', outcome: 'unavailable'})
  })

  test('an error of the listener comes out, and is not taken for the end of the run', async () => {
    const onEvent = () => {
      throw new Error('listener')
    }
    await expect(runScene('done', {onEvent})).rejects.toThrow('listener')
  })
})

describe('a run that is aborted', () => {
  test('leaves no process behind, not even one with a session of its own that ignores SIGTERM', async () => {
    const abort = new AbortController()
    const run = runScene('hang', {signal: abort.signal, onEvent: () => abort.abort(new Error('stopped'))})
    await expect(run).rejects.toThrow('stopped')
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'))
    // Not process.kill(pid, 0): a zombie that PID 1 has not taken away yet still answers that.
    expect(await identifyProcess(pid)).toBeUndefined()
  }, 15_000)

  test('before it has begun starts nothing', async () => {
    await expect(runScene('done', {signal: AbortSignal.abort(new Error('early'))})).rejects.toThrow('early')
    await expect(readFile(join(folder, 'call'))).rejects.toThrow('ENOENT')
  })
})
