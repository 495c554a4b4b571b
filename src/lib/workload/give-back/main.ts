import {openClusterToWrite} from '../../drivers/kubernetes/open-cluster.ts'
import {giveBack} from './give-back.ts'
import {orderIn} from './order.ts'

// A program of its own: it runs once in a Pod of the cluster, as that Pod's ServiceAccount, when the time of a scale is over.
const order = orderIn(process.env)
const {cluster: name, site, namespace} = order
const declared = {
  ...{name, site, namespace, kubeconfig: undefined, context: undefined},
  ...{aws: undefined, nodeGroups: []},
}
const api = await openClusterToWrite(declared)
try {
  const report = await giveBack({declared, api}, order)
  process.stdout.write(`${JSON.stringify(report)}\n`)
} finally {
  api.close()
}
