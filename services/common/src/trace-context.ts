import {context, propagation, SpanKind, SpanStatusCode, trace} from '@opentelemetry/api'

/** Where a trace is now, to be kept with a job and taken up again elsewhere: `traceparent` of W3C Trace Context. */
export type TraceContext = Record<string, string>

export function traceContext(): TraceContext {
  const carrier: TraceContext = {}
  propagation.inject(context.active(), carrier)
  return carrier
}

/** Does work as a span of the trace that it was asked for in. */
export function inTraceContext<T>(carrier: TraceContext, name: string, work: () => Promise<T>): Promise<T> {
  const parent = propagation.extract(context.active(), carrier)
  return trace
    .getTracer('pixelpulse')
    .startActiveSpan(name, {kind: SpanKind.CONSUMER}, parent, async (span) => {
      try {
        return await work()
      } catch (error) {
        span.recordException(error as Error)
        span.setStatus({code: SpanStatusCode.ERROR})
        throw error
      } finally {
        span.end()
      }
    })
}
