export interface OwnConfigMap {
  readonly name: string
  readonly namespace: string
  /** Beside the one that says that pp keeps it. */
  readonly labels: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, string>>
  /** Only while it is as it was read; undefined: whatever is there. */
  readonly version?: string | undefined
}

export const configMapsPath = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`

/** What pp notes in a cluster, as it is written. */
export const ownConfigMap = ({name, namespace, labels, data, version}: OwnConfigMap): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name,
    namespace,
    labels: {'app.kubernetes.io/managed-by': 'pp', ...labels},
    ...(version === undefined ? {} : {resourceVersion: version}),
  },
  data,
})
