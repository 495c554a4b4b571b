import type {Entrance, IngressFacts, IngressRule, ServiceFacts} from './entrance.ts'
import type {RolloutFacts} from './facts.ts'
import {canaryName} from './template.ts'

/** How a canary gets its part of the requests. */
export type Share = {readonly kind: 'replicas'; readonly because: string} | WeightShare

/** By an Ingress of its own, which its controller weighs against the one that leads to the service. */
export interface WeightShare {
  readonly kind: 'weight'
  /** The Ingress that leads to the service. */
  readonly ingress: string
  readonly className: string
  /** Of that Ingress: what leads to the service, nothing else. */
  readonly rules: readonly IngressRule[]
  /** Of the service. */
  readonly serviceSelector: ServiceFacts['selector']
  readonly ports: ServiceFacts['ports']
  /** Label by which the service takes the Pods that run, and not those of a canary. */
  readonly track: string
}

type Here = Pick<RolloutFacts, 'deployment' | 'selector' | 'template'>

/**
 * By weight where an Ingress leads to the service and its controller can; else by how many Pods there are of each.
 *
 * @param entrance undefined: it may not be read.
 */
export function shareOf(here: Here, entrance: Entrance | undefined): Share {
  const found = entrance === undefined ? 'Ingresses may not be read' : weightShare(here, entrance)
  return typeof found === 'string' ? {kind: 'replicas', because: found} : found
}

/** @returns why not, in words, where it cannot be weighed. */
function weightShare(here: Here, {services, ingresses, controllers}: Entrance): WeightShare | string {
  const leading = services.filter(({selector}) => takesPodsOf(here, selector))
  const names = new Set(leading.map(({name}) => name))
  const [ingress, another] = ingresses.filter((one) => !one.isCanary && leadsTo(one, names))
  if (!ingress) return 'no Ingress leads to it'
  if (another) return `ingress/${ingress.name} and ingress/${another.name} lead to it`
  const {className} = ingress
  if (className === undefined) return `ingress/${ingress.name} names no class`
  const unable = whyNotWeighed(ingress.name, className, controllers[className])
  if (unable !== undefined) return unable
  if (names.has(ingress.defaultService ?? ''))
    return `ingress/${ingress.name} leads to it by its default backend, which is not weighed`
  const taken = whoIsInTheWay(canaryName(here.deployment), className, {services, ingresses})
  if (taken !== undefined) return taken
  const rules = rulesTo(ingress, names)
  const used = new Set(pathsOf(rules).map(({backend}) => backend.service?.name))
  const [service, second] = leading.filter(({name}) => used.has(name))
  if (!service || second) return `ingress/${ingress.name} leads to several Services of it`
  const track = Object.keys(service.selector)
    .sort()
    .find((label) => !(label in here.selector))
  if (track === undefined)
    return `service/${service.name} selects by no label beside those of the Deployment, so it leads to a canary as well`
  const {selector: serviceSelector, ports} = service
  return {kind: 'weight', ingress: ingress.name, className, rules, serviceSelector, ports, track}
}

function takesPodsOf({template}: Here, selector: ServiceFacts['selector']): boolean {
  const labels = template.metadata?.labels ?? {}
  const wanted = Object.entries(selector)
  return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value)
}

/** Of ingress-nginx, and of what has taken its place: who has this name understands its annotations. */
const weighing = 'k8s.io/ingress-nginx'
const amazon = 'ingress.k8s.aws/alb'

function whyNotWeighed(
  ingress: string,
  className: string,
  controller: string | undefined,
): string | undefined {
  switch (controller) {
    case weighing:
      return undefined
    case undefined:
      return `there is no IngressClass ${className}`
    case amazon:
      return `AWS weighs by an annotation of ingress/${ingress} itself (class ${className}), which stays as it is`
    default:
      return `how ${controller} (class ${className}) is told a weight is not known`
  }
}

/** Only one Ingress can be the canary of another, and its objects need their names. */
function whoIsInTheWay(
  name: string,
  className: string,
  {services, ingresses}: Pick<Entrance, 'services' | 'ingresses'>,
): string | undefined {
  const canary = ingresses.find((one) => one.isCanary && one.className === className)
  if (canary) return `ingress/${canary.name} is a canary already`
  if (services.some((one) => one.name === name)) return `service/${name} is somebody else's`
  if (ingresses.some((one) => one.name === name)) return `ingress/${name} is somebody else's`
  return undefined
}

const leadsTo = (ingress: IngressFacts, names: ReadonlySet<string>): boolean =>
  rulesTo(ingress, names).length > 0 || names.has(ingress.defaultService ?? '')

/** Rules with those of their paths that lead to one of these Services. */
const rulesTo = ({rules}: IngressFacts, names: ReadonlySet<string>): readonly IngressRule[] =>
  rules.flatMap((rule) => {
    const paths = pathsOf([rule]).filter(({backend}) => names.has(backend.service?.name ?? ''))
    return paths.length > 0 ? [{...rule, http: {...rule.http, paths}}] : []
  })

const pathsOf = (rules: readonly IngressRule[]) => rules.flatMap(({http}) => http?.paths ?? [])
