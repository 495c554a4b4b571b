// Stands in for wsl-utils when bundling: oclif asks it at every start, and it loads child_process and more for its answer,
// which nothing in pp reads.
export const isWsl = false
