import {describe, expect, test} from '@jest/globals'

import {parseHierarchies} from '../../../src/lib/drivers/machine/cgroups.ts'

describe('the cgroup hierarchies of a machine', () => {
  test('are one where only version 2 is mounted', () => {
    const mounts = 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate 0 0\n'
    expect(parseHierarchies(mounts)).toEqual([{version: 2, mountPoint: '/sys/fs/cgroup', options: ''}])
  })

  test('keep joint controllers and names as a host has to mount them', () => {
    const mounts = [
      'tmpfs /sys/fs/cgroup tmpfs rw,relatime,mode=755 0 0',
      'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0',
      'cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,xattr,release_agent=/lib/agent,name=systemd 0 0',
      'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0',
      'proc /proc proc rw 0 0',
    ]
    expect(parseHierarchies(mounts.join('\n'))).toEqual([
      {version: 1, mountPoint: '/sys/fs/cgroup/cpu,cpuacct', options: 'cpu,cpuacct'},
      {version: 1, mountPoint: '/sys/fs/cgroup/systemd', options: 'none,name=systemd'},
      {version: 2, mountPoint: '/sys/fs/cgroup/unified', options: ''},
    ])
  })

  test('are those on top where something is mounted over them', () => {
    const mounts = 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n'
    expect(parseHierarchies(mounts)).toHaveLength(1)
  })
})
