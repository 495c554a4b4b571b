#!/bin/sh
# Runs a command with the lab hosts' root file system as its own: their PostgreSQL, PgBouncer, sshd and Python, none of
# which has to be installed on this machine. The checkout and /tmp are the machine's; what else is written is gone afterwards.
# Usage: scripts/in-base.sh BASE-ROOT COMMAND...   as root
set -eu
checkout=$(cd "$(dirname "$0")/.." && pwd -P)
base=$1
shift

# In a mount namespace of its own: when the last process in it ends, the kernel takes the mounts away.
if [ "${PP_IN_BASE:-}" != "$base" ]; then
  PP_IN_BASE=$base exec unshare --mount --propagation private -- "$0" "$base" "$@"
fi

layers=/mnt # any folder that is always there; only this namespace sees what is mounted on it
mount -t tmpfs layers "$layers"
mkdir "$layers/upper" "$layers/work" "$layers/root"
root=$layers/root
mount -t overlay -o "lowerdir=$base,upperdir=$layers/upper,workdir=$layers/work" overlay "$root"
for folder in /proc /sys /dev /tmp; do mount --rbind "$folder" "$root$folder"; done
mount -t tmpfs run "$root/run"
echo "127.0.0.1 localhost" >"$root/etc/hosts"
for folder in "$checkout" "$(readlink -f "$checkout/node_modules")"; do
  mkdir -p "$root$folder"
  mount --rbind "$folder" "$root$folder"
done
exec chroot "$root" /usr/bin/env -C "$checkout" HOME=/root "$@"
