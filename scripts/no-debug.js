// Stands in for debug when bundling what a kubeconfig's SOCKS proxy needs: shared with oclif it would be a file of its own, one
// more that every command loads.
export default function createDebug() {
  return () => undefined
}
