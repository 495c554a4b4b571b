import {onHost} from './lab.ts'

const pam = '/etc/pam.d/sshd'

/** Lets each SSH login of a host take so many seconds; its database is as quick as before. */
export const slowLogin = (host: string, seconds: number): Promise<string> =>
  onHost(
    host,
    'sh',
    '-c',
    `sed '1i account optional pam_exec.so /bin/sleep ${seconds}' ${pam} >/run/pam-sshd; mount --bind /run/pam-sshd ${pam}`,
  )

export const quickLogin = (host: string): Promise<string> =>
  onHost(host, 'sh', '-c', `while mountpoint -q ${pam}; do umount ${pam}; done`)
