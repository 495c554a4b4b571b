// Debian's Patroni with etcd on the lab's own database hosts, beside the lab's cluster: data directories, ports and an
// account of its own. Its packages are put into the hosts by hand, since hosts reach no registry and the lab's base
// has no use for them.
import {execFileSync} from 'node:child_process'
import {cpSync, mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {basePath} from '../../../src/lib/lab/base.ts'
import {inHost} from '../../../src/lib/lab/index.ts'
import type {LoadPlace} from '../../../src/lib/lab/load.ts'
import {findHost, requireRecord} from '../../../src/lib/lab/state.ts'
import {members, type Member} from './floor.ts'

export interface Timing {
  readonly ttl: number
  readonly loopWait: number
  readonly retryTimeout: number
}

const port = 5433
const restPort = 8010
const etcdHost = 'edge1'
const folder = '/var/lib/ppbench'
const unit = 'ppbench-rival'
const packages = ['patroni', 'etcd-server', 'etcd-client']

export class Rival {
  readonly #lab: string
  readonly #password: string
  readonly #timing: Timing

  private constructor(lab: string, password: string, timing: Timing) {
    this.#lab = lab
    this.#password = password
    this.#timing = timing
  }

  /** Installs it and starts a cluster of three, one of them synchronous. */
  static async start(lab: string, timing: Timing, place: LoadPlace, cache: string): Promise<Rival> {
    const rival = new Rival(lab, place.login.password, timing)
    const files = await download(cache)
    await rival.stop()
    await rival.#in(
      etcdHost,
      `rm -rf ${folder}; mkdir -p ${folder}
       systemd-run --quiet --unit=ppbench-etcd etcd --name bench --data-dir ${folder}/etcd \\
         --listen-client-urls http://0.0.0.0:2379 --advertise-client-urls http://${await rival.#address(etcdHost)}:2379`,
      files,
    )
    for (const member of members) await rival.#prepare(member, files)
    // The first one alone, so that it is the leader.
    await rival.#run('db1')
    await rival.settled(1)
    await Promise.all(members.slice(1).map((member) => rival.#run(member)))
    await rival.settled()
    await rival.#makeTable()
    return rival
  }

  /** Where its clients write: all members, the one that accepts writes is kept. */
  place(place: LoadPlace): LoadPlace {
    return {...place, members: place.members.map((member) => ({...member, port}))}
  }

  /** Waits until so many members run, one of them as leader. @returns the leader. */
  async settled(count: number = members.length): Promise<Member> {
    for (const deadline = Date.now() + 120_000; Date.now() < deadline;) {
      await sleep(500)
      const found = await this.#cluster()
      const leader = found.find(({role, state}) => role === 'leader' && state === 'running')
      const running = found.filter(({state}) => state === 'running' || state === 'streaming')
      const lag = found.every(
        (one) => one.role === 'leader' || (typeof one.lag === 'number' && one.lag < 65_536),
      )
      const isSynchronous = count === 1 || found.some(({role}) => role === 'sync_standby')
      if (leader && running.length >= count && lag && isSynchronous) return leader.name as Member
    }
    throw new Error(`Patroni has no ${count} running members after two minutes`)
  }

  /** Patroni and PostgreSQL of one member at once, and nothing starts them again. */
  async kill(member: Member): Promise<void> {
    await this.#in(
      member,
      `systemctl kill --kill-who=all -s KILL ${unit}; systemctl reset-failed ${unit} || true`,
    )
  }

  async run(member: Member): Promise<void> {
    await this.#run(member)
  }

  async stop(): Promise<void> {
    for (const member of members)
      await this.#in(
        member,
        `systemctl kill --kill-who=all -s KILL ${unit} 2>/dev/null; systemctl reset-failed ${unit} 2>/dev/null; rm -rf ${folder}`,
      )
    await this.#in(
      etcdHost,
      `systemctl stop ppbench-etcd 2>/dev/null; systemctl reset-failed ppbench-etcd 2>/dev/null; true`,
    )
  }

  async version(): Promise<string> {
    return (await this.#in('db1', 'dpkg-query -W -f "Patroni \\${Version}" patroni')).trim()
  }

  async #prepare(member: Member, files: readonly string[]): Promise<void> {
    const address = await this.#address(member)
    const {ttl, loopWait, retryTimeout} = this.#timing
    const config = {
      scope: 'bench',
      name: member,
      restapi: {listen: `0.0.0.0:${restPort}`, connect_address: `${address}:${restPort}`},
      etcd3: {host: `${await this.#address(etcdHost)}:2379`},
      bootstrap: {
        dcs: {
          ttl,
          loop_wait: loopWait,
          retry_timeout: retryTimeout,
          synchronous_mode: true,
          postgresql: {
            use_pg_rewind: true,
            parameters: {wal_log_hints: 'on', shared_buffers: '64MB', max_wal_size: '512MB'},
          },
        },
        initdb: [{encoding: 'UTF8'}, 'data-checksums'],
      },
      postgresql: {
        listen: `0.0.0.0:${port}`,
        connect_address: `${address}:${port}`,
        data_dir: `${folder}/data`,
        bin_dir: '/usr/lib/postgresql/15/bin',
        parameters: {unix_socket_directories: folder},
        pg_hba: [
          'local all all trust',
          'host all all 0.0.0.0/0 trust',
          'host replication all 0.0.0.0/0 trust',
        ],
        authentication: {
          superuser: {username: 'ppbench', password: this.#password},
          replication: {username: 'replicator', password: this.#password},
        },
      },
    }
    await this.#in(
      member,
      `id ppbench >/dev/null 2>&1 || useradd --system --home-dir ${folder} ppbench
       rm -rf ${folder}; mkdir -p -m 0700 ${folder}; cp /var/tmp/ppbench/config.json ${folder}/config.yml; chown -R ppbench: ${folder}`,
      files,
      config,
    )
  }

  async #run(member: Member): Promise<void> {
    await this.#in(
      member,
      `systemctl reset-failed ${unit} 2>/dev/null; systemd-run --quiet --unit=${unit} --uid=ppbench patroni ${folder}/config.yml`,
    )
  }

  async #makeTable(): Promise<void> {
    await this.#in(
      await this.settled(),
      `psql -XqAt -h ${folder} -p ${port} -U ppbench -d postgres -c 'create role pp_probe login' -c 'create database pixelpulse owner pp_probe'
       psql -XqAt -h ${folder} -p ${port} -U pp_probe -d pixelpulse -c 'create schema pp' -c 'create table pp.probe (
         id bigint generated always as identity primary key, writer text not null, n bigint not null,
         written_at timestamptz not null default clock_timestamp(), unique (writer, n))'`,
    )
  }

  async #cluster(): Promise<readonly {name: string; role: string; state: string; lag?: unknown}[]> {
    for (const member of members) {
      try {
        const answer = await fetch(`http://${await this.#address(member)}:${restPort}/cluster`, {
          signal: AbortSignal.timeout(1000),
        })
        return ((await answer.json()) as {members: {name: string; role: string; state: string}[]}).members
      } catch {
        // Another one may answer.
      }
    }
    return []
  }

  async #address(host: string): Promise<string> {
    return findHost(await requireRecord(this.#lab), host).ip
  }

  /** A script inside a host, after files were put there and packages installed where they are missing. */
  async #in(host: string, script: string, debs: readonly string[] = [], config?: object): Promise<string> {
    if (debs.length > 0) {
      const {init} = findHost(await requireRecord(this.#lab), host)
      const inside = `/proc/${init?.pid ?? 0}/root/var/tmp/ppbench`
      mkdirSync(inside, {recursive: true})
      for (const deb of debs) cpSync(deb, path.join(inside, path.basename(deb)))
      if (config) writeFileSync(path.join(inside, 'config.json'), JSON.stringify(config), {mode: 0o644})
      const missing = `dpkg-query -W -f '\${Status}' ${host === etcdHost ? 'etcd-server' : 'patroni'} 2>/dev/null | grep -q 'ok installed'`
      // Nothing of it may start by itself: neither on pp's members nor as a manager of the lab's own cluster.
      const install = `${missing} || { systemctl mask patroni.service etcd.service 2>/dev/null; DEBIAN_FRONTEND=noninteractive dpkg -i /var/tmp/ppbench/*.deb >/var/tmp/ppbench/log 2>&1; } || { tail -5 /var/tmp/ppbench/log >&2; exit 1; }`
      await this.#shell(host, install, 120)
    }
    return this.#shell(host, script, 60)
  }

  async #shell(host: string, script: string, timeoutSeconds: number): Promise<string> {
    const {status, stdout, stderr} = await inHost(this.#lab, host, ['sh', '-c', script], {timeoutSeconds})
    if (status !== 0) throw new Error(`On ${host}: ${stderr || stdout || `ended with ${status}`}\n${script}`)
    return stdout
  }
}

/** What the lab's base lacks of Patroni and etcd, from this machine's own package sources. */
async function download(cache: string): Promise<readonly string[]> {
  const here = path.join(cache, 'patroni-debs')
  mkdirSync(path.join(here, 'partial'), {recursive: true})
  const debs = () => readdirSync(here).filter((name) => name.endsWith('.deb'))
  if (debs().length === 0)
    execFileSync('apt-get', [
      ...['-o', `Dir::State::status=${path.join(basePath(), 'var/lib/dpkg/status')}`],
      ...['-o', `Dir::Cache::archives=${here}`, '-o', 'Debug::NoLocking=1'],
      ...['--download-only', '--no-install-recommends', '-y', 'install', ...packages],
    ])
  return debs().map((name) => path.join(here, name))
}
