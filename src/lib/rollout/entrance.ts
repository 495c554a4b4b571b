/** A path of an Ingress as the API server gives it; only what is named here is looked at, all of it is kept. */
export interface IngressPath {
  readonly backend: {
    readonly service?: {readonly name: string; readonly [name: string]: unknown} | undefined
    readonly [name: string]: unknown
  }
  readonly [name: string]: unknown
}

export interface IngressRule {
  readonly http?: {readonly paths: readonly IngressPath[]; readonly [name: string]: unknown} | undefined
  readonly [name: string]: unknown
}

export interface IngressFacts {
  readonly name: string
  /** Whether it is the canary of another one. */
  readonly isCanary: boolean
  readonly className: string | undefined
  /** Service that gets what no rule is for. */
  readonly defaultService: string | undefined
  readonly rules: readonly IngressRule[]
}

export interface ServiceFacts {
  readonly name: string
  readonly selector: Readonly<Record<string, string>>
  /** As they are, without the ports that nodes have for them. */
  readonly ports: readonly object[]
}

/** What leads requests to the services of a namespace. */
export interface Entrance {
  readonly services: readonly ServiceFacts[]
  readonly ingresses: readonly IngressFacts[]
  /** Controller of each IngressClass, by the name of the class. */
  readonly controllers: Readonly<Record<string, string>>
}

/** Annotations of an Ingress that is the canary of another one. @see https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#canary */
export const canaryAnnotation = 'nginx.ingress.kubernetes.io/canary'
export const weightAnnotation = 'nginx.ingress.kubernetes.io/canary-weight'
