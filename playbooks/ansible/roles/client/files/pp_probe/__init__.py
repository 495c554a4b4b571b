"""pp-probe: measures an outage as a client sees it, from a client's host and without pp.

It writes numbered rows through the poolers, looks at what else a drill calls healthy, and notes down what became of each
try (docs/drill-measuring.md). It is a process of its own: when pp, its connection or its operator's machine is gone, it
goes on to the end of its life time.

Three rules hold everywhere:
* The pace is kept whatever hangs: each try has a thread of its own and a time at which it is given up.
* An acknowledged row is on this host's disk before the next number is used.
* The password is in memory only. Not in an argument, a file, a variable of the environment or a message.
"""
