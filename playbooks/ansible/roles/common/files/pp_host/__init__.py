"""pp-host: the one program through which `pp` changes a host.

It is the only thing the user `pp` may sudo, and the only thing that may stop, start, promote, mask or re-point a
database or a pooler. It serves JSON lines on stdin and stdout (docs/host-helper.md has the protocol), and runs as
the dead-man guard of a pooler when a transient timer calls `pp-host guard TARGET`.

Four rules hold everywhere:
* What may be touched comes from /etc/pp/host.json. Callers name targets, hosts and processes, never paths or units.
* Every change carries an operation, its fencing token and a not-after in this host's CLOCK_BOOTTIME. Both are
  checked under the target's flock, and the flock is held until the act has ended: a command that was delayed in
  the network, or whose operator has been replaced, is refused here. Lifting a fault and the stop lever do without.
* Whatever would refuse refuses before anything is touched.
* A state file that cannot be read is an error, never an empty state.

One module a concern. `verbs` is the way in: it names the module and function of every verb. Imports point one way,
and a start loads only what it needs: a dozen starts are in the way of one change of primary.
"""

VERSION = '1.0.0'
