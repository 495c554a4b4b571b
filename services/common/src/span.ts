import {SpanStatusCode, trace} from '@opentelemetry/api'

/** Does work as a span of its own, of the trace that it is done in or else of a new one. */
export function inSpan<T>(name: string, work: () => Promise<T>): Promise<T> {
  return trace.getTracer('pixelpulse').startActiveSpan(name, async (span) => {
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
