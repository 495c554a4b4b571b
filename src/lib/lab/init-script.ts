/**
 * What a host runs before systemd, in its own namespaces: mounts, then the change of root. Fixed text; all that differs
 * from host to host comes as arguments.
 *
 * $1 folder of the host, $2 base root, $3 name, $4 data image or '', $5 archive folder, $6 folder of the
 * programs of Kubernetes or '', $7 folder of the emulator of AWS or '', then pairs of mount options and folder for each cgroup hierarchy (options `v2` for
 * version 2, folder `.` for the top).
 */
export const initScript = `set -eu
host=$1 base=$2 name=$3 image=$4 archive=$5 programs=$6 emulator=$7; shift 7
root=$host/root
mount -t overlay overlay -o "lowerdir=$base,upperdir=$host/upper,workdir=$host/work" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
for node in null zero full random urandom tty; do : > "dev/$node"; mount --bind "/dev/$node" "dev/$node"; done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
if [ "$2" != . ]; then mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup; fi
while [ $# -gt 0 ]; do
  if [ "$2" != . ]; then mkdir "sys/fs/cgroup/$2"; fi
  if [ "$1" = v2 ]; then mount -t cgroup2 cgroup2 "sys/fs/cgroup/$2"; else mount -t cgroup -o "$1" cgroup "sys/fs/cgroup/$2"; fi
  shift 2
done
if [ -n "$image" ]; then mount -t ext4 -o loop,noatime "$image" var/lib/postgresql; fi
if [ -n "$image" ]; then mkdir -p srv/wal-archive; mount --bind "$archive" srv/wal-archive; fi
if [ -n "$programs" ]; then
  mkdir -p opt/kubernetes
  mount --bind -o ro "$programs" opt/kubernetes
  # The kubelet reads there who was killed for want of memory.
  : > dev/kmsg
  mount --bind /dev/kmsg dev/kmsg
  # The layers of containers are overlays too, and one overlay cannot lie on another.
  for kept in containerd kubelet; do
    mkdir -p "var/lib/$kept" "$host/$kept"
    mount --bind "$host/$kept" "var/lib/$kept"
  done
fi
if [ -n "$emulator" ]; then mkdir -p opt/aws-api; mount --bind -o ro "$emulator" opt/aws-api; fi
hostname "$name"
mkdir -p .old
pivot_root . .old
umount -l .old
rmdir .old 2>/dev/null || true
export container=pplab
exec /lib/systemd/systemd --unit=multi-user.target
`

/**
 * Moves itself into the host's groups, then into its namespaces, so that nothing of the host ever runs outside them.
 * $1 network namespace file, $2 the script above, group folders up to `--`, then the script's arguments.
 *
 * nsenter and not `ip netns exec`: that one hides the cgroup mounts behind a new /sys.
 */
export const startScript = `set -eu
netns=$1 init=$2; shift 2
while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done
shift
exec nsenter --net="$netns" unshare --mount --pid --uts --ipc --cgroup --fork --kill-child --propagation private \\
  sh -c "$init" pp-lab-host "$@"
`
