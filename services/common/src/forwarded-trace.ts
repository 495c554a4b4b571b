import {isSpanContextValid, type Span} from '@opentelemetry/api'
import type {UndiciRequest} from '@opentelemetry/instrumentation-undici'

const traceHeaders = new Set(['traceparent', 'tracestate'])

/**
 * Takes the trace of a request that is handed on as it came out of its headers, before the one of its own span is added:
 * `traceparent` twice is none.
 */
export function dropForwardedTrace(span: Span, request: UndiciRequest): void {
  const {headers} = request
  // Names and values by turns.
  if (!Array.isArray(headers) || !isSpanContextValid(span.spanContext())) return
  for (let index = headers.length - 2; index >= 0; index -= 2)
    if (traceHeaders.has(String(headers[index]).toLowerCase())) headers.splice(index, 2)
}
