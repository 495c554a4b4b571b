// Loaded before anything else (node --import): modules are instrumented as they are imported. Does nothing unless
// OTEL_EXPORTER_OTLP_ENDPOINT says where traces go; OTEL_SERVICE_NAME names the service.
import {register} from 'import-in-the-middle/register-hooks.mjs'

import {sendLastTraces, setTraceSender} from './last-traces.ts'

if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT) {
  register()
  const [
    {NodeSDK},
    {W3CTraceContextPropagator},
    {OTLPTraceExporter},
    {PgInstrumentation},
    {UndiciInstrumentation},
    {AwsInstrumentation},
    {dropForwardedTrace},
  ] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/core'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/instrumentation-pg'),
    import('@opentelemetry/instrumentation-undici'),
    import('@opentelemetry/instrumentation-aws-sdk'),
    import('./forwarded-trace.ts'),
  ])
  const sdk = new NodeSDK({
    traceExporter: new OTLPTraceExporter(),
    // A caller's baggage would go on to everybody, and be stored with jobs.
    textMapPropagator: new W3CTraceContextPropagator(),
    // Metrics are fetched (GET /metrics) and logs are lines of stdout; without these two lines both are sent as well.
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [
      new PgInstrumentation({requireParentSpan: true}),
      new UndiciInstrumentation({requireParentforSpans: true, requestHook: dropForwardedTrace}),
      new AwsInstrumentation({suppressInternalInstrumentation: true}),
    ],
  })
  sdk.start()
  setTraceSender(() => sdk.shutdown())
  // When nothing else is left to do. The exporter's own attempts would go on for ten seconds.
  // eslint-disable-next-line no-restricted-properties
  process.once('beforeExit', () => void sendLastTraces().finally(() => process.exit()))
}
