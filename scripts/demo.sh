#!/bin/sh
# npm run demo: a lab, its status, a change of primary while clients write, the verdict of those clients, and a drill.
# Usage: npm run demo [-- --unplanned | --full] [--keep]   --unplanned: the primary's host loses its power instead, and comes back
# as a standby; --full: two clusters with the bundled services, a surge, a node group that grows, and back down; --keep leaves
# the lab up. It is a lab of its own (PP_DEMO_LAB, default demo).
set -eu

cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
lab=${PP_DEMO_LAB:-demo}
keep=no unplanned=no full=no
for word in "$@"; do
  case $word in
    --keep) keep=yes ;;
    --unplanned) unplanned=yes ;;
    --full) full=yes ;;
    *)
      echo "demo: $word is not known. Usage: npm run demo [-- --unplanned | --full] [--keep]" >&2
      exit 2
      ;;
  esac
done

# The demo acts on its own lab, whatever the caller's shell is set to.
unset PP_FLEET
export PP_LAB="$lab" PP_ENV=lab
load='' work='' isTouched=no

say() { printf '\n# %s\n' "$*"; }
run() {
  printf '\n$ %s\n' "$(echo "$*" | sed 's|^bin/||')"
  "$@"
}

clean_up() {
  status=$?
  trap - EXIT
  trap '' INT TERM # cleaning up is short, and half of it would leave a lab behind
  if [ -n "$load" ]; then
    kill -TERM "$load" 2>/dev/null || :
    wait "$load" 2>/dev/null || :
  fi
  if [ "$isTouched" = yes ]; then
    if [ "$keep" = yes ]; then
      say "The lab stays up. Look at it: PP_LAB=$lab bin/pp status; remove it: PP_LAB=$lab bin/pp lab down"
    else
      run bin/pp lab down || status=$?
    fi
  fi
  [ -z "$work" ] || rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say 'Making this machine ready'
if [ "$full" = yes ]; then sh bin/setup --images; else sh bin/setup; fi

# Two clusters: what an operator does with them on a day when traffic grows.
show_services() {
  say 'Two sites: a rack with its database, and AWS; a real cluster on each, with the services in it. The first time builds Kubernetes'
  run bin/pp lab up full
  say 'What is there'
  run bin/pp status
  say 'A surge: four of render on the rack, for ten minutes. KEDA owns their number, so it is KEDA that is asked'
  run bin/pp scale render 4 --site rack --until 10m --yes
  say 'What a burst would take on AWS: which Pods fit, how many nodes more, and what they cost'
  run bin/pp scale render 48 --site aws --plan
  say 'A burst: the only node of the pool is closed, so its node group in EKS has to grow'
  run bin/pp lab shell aws-ctl -- /opt/kubernetes/bin/kubectl --kubeconfig /etc/kubernetes/admin.kubeconfig cordon aws-b1
  run bin/pp scale render 3 --site aws --yes
  say 'And back: what the scale has set is given back, and the node that it added'
  operation=$(bin/pp op list --json | node_modules/.bin/node -e '
    console.log(JSON.parse(require("node:fs").readFileSync(0, "utf8")).operations[0].id)')
  run bin/pp scale render --undo "$operation" --yes
  say 'A Pod of the gateway is lost, as a drill: how long was it away, for a client?'
  run bin/pp drill pod-loss --yes
  say 'What is there now'
  run bin/pp status
}
if [ "$full" = yes ]; then
  isTouched=yes
  show_services
  exit
fi

say 'A primary, two standbys, two pooler hosts and a client: real hosts, on this machine'
isTouched=yes
run bin/pp lab up

say 'What is there'
run bin/pp status

# On a very busy machine a host may miss the 2 s in which it has to answer; then look again.
find_primary() {
  bin/pp db status --json | node_modules/.bin/node -e '
    const {databases} = JSON.parse(require("node:fs").readFileSync(0, "utf8"))
    console.log(databases[0].members.find(({role}) => role === "primary")?.host ?? "")'
}
primary=''
for _ in 1 2 3 4 5 6; do
  primary=$(find_primary)
  [ -z "$primary" ] || break
  sleep 2
done
[ -n "$primary" ] || { echo 'demo: no member of the lab says that it is primary' >&2; exit 1; }
standby=db2
[ "$primary" != db2 ] || standby=db1

say 'Eight clients write through the poolers from now on'
work=$(mktemp -d)
printf '\n$ pp lab load &\n'
bin/pp lab load >"$work/verdict" 2>"$work/progress" &
load=$!
tries=0
until [ -s "$work/progress" ]; do
  kill -0 "$load" 2>/dev/null || { cat "$work/progress" "$work/verdict"; exit 1; }
  tries=$((tries + 1))
  [ "$tries" -le 100 ] || { echo 'demo: the clients did not begin to write within 20 s' >&2; exit 1; }
  sleep 0.2
done
sleep 3
cat "$work/progress"

if [ "$unplanned" = yes ]; then
  say "The host of the primary, $primary, loses its power while they write; nobody tells pp what is the matter"
  run bin/pp lab break "$primary" --power-off
  change() { run bin/pp failover db --from "$primary" --confirm main; }
else
  say "The primary moves from $primary to $standby while they write"
  change() { run bin/pp failover db --from "$primary" --to "$standby" --yes; }
fi
status=0
change || status=$?
for _ in 1 2; do
  [ "$status" = 3 ] || break
  say 'Refused, so nothing was touched. Is this machine very busy? Once more'
  sleep 3
  status=0
  change || status=$?
done

if [ "$unplanned" = yes ] && [ "$status" = 0 ]; then
  say "Power is back on $primary: it asks the others before it accepts a write, and stays read-only"
  run bin/pp lab mend "$primary"
  say 'One command brings it back; what only it had would be kept aside first'
  tries=0
  until run bin/pp db rejoin "$primary" --yes; do
    status=$?
    tries=$((tries + 1))
    [ "$tries" -lt 3 ] || break
    sleep 3
  done
  [ "$tries" -ge 3 ] || status=0
fi

say 'What the clients say: every acknowledged row is read back'
sleep 2
kill -INT "$load"
verdict=0
wait "$load" || verdict=$?
load=''
# Whose statement was under way when the power went got no answer, as with any primary that is lost: degraded, not failed.
[ "$unplanned" != yes ] || [ "$verdict" != 11 ] || verdict=0
[ "$status" != 0 ] || status=$verdict
sed 1d "$work/progress"
cat "$work/verdict"

if [ "$status" = 0 ]; then
  say 'The same as a drill: the primary loses its power, clients recover, the old host returns; measured from outside'
  run bin/pp drill dr --yes || status=$?
  report=$(bin/pp drill report latest --format html)
  page=${TMPDIR:-/tmp}/pp-demo-drill.html
  cp "$report" "$page"
  say "Its report, to be opened in a browser: $page"
fi

say 'What is there now'
run bin/pp status
exit "$status"
