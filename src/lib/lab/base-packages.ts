/** The Debian release that every lab host runs. */
export const baseSuite = 'bookworm'

/** What the hosts' disks start with; hosts reach no package registry, so playbooks find here what they install. */
export const basePackages: readonly string[] = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'sudo',
  'procps',
  'iproute2',
  'iputils-ping',
  'nftables',
  'less',
  'rsync',
  'ca-certificates',
  'openssl',
  'python3',
  'python3-apt',
  'python3-psycopg2',
  'postgresql-15',
  'postgresql-client-15',
  'pgbouncer',
  'pgbackrest',
  'prometheus',
  'prometheus-alertmanager',
  'prometheus-node-exporter',
  'prometheus-postgres-exporter',
  'containerd',
  'containernetworking-plugins',
  'runc',
  // For tests: whoever has an image that no node has.
  'docker-registry',
]

/** Units that a host without a console, hardware and boot loader has no use for; each costs boot time. */
export const maskedUnits: readonly string[] = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'console-getty.service',
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'getty@tty1.service',
  'kmod-static-nodes.service',
  'modprobe@.service',
  'sys-fs-fuse-connections.mount',
  'sys-kernel-config.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-logind.service',
  'systemd-modules-load.service',
  'systemd-random-seed.service',
  'systemd-remount-fs.service',
  'systemd-udev-trigger.service',
  'systemd-udevd-control.socket',
  'systemd-udevd-kernel.socket',
  'systemd-udevd.service',
  'systemd-update-utmp.service',
  'systemd-update-utmp-runlevel.service',
]

/** Services that their packages enable; playbooks enable what a host is for. */
export const disabledUnits: readonly string[] = [
  'containerd.service',
  'pgbouncer.service',
  'postgresql.service',
  'nftables.service',
  'prometheus.service',
  'prometheus-alertmanager.service',
  'docker-registry.service',
  'prometheus-node-exporter.service',
  'prometheus-postgres-exporter.service',
]
