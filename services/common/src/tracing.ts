// Loaded before anything else (node --import): modules are instrumented as they are imported. Does nothing unless
// OTEL_EXPORTER_OTLP_ENDPOINT says where traces go; OTEL_SERVICE_NAME names the service.
import {register} from 'node:module'

if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT) {
  // registerHooks has no hook for instrumentation yet.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)
  const [{NodeSDK}, {OTLPTraceExporter}, {PgInstrumentation}, {UndiciInstrumentation}, {AwsInstrumentation}] =
    await Promise.all([
      import('@opentelemetry/sdk-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/instrumentation-pg'),
      import('@opentelemetry/instrumentation-undici'),
      import('@opentelemetry/instrumentation-aws-sdk'),
    ])
  const sdk = new NodeSDK({
    traceExporter: new OTLPTraceExporter(),
    instrumentations: [
      new PgInstrumentation({requireParentSpan: true}),
      new UndiciInstrumentation({requireParentforSpans: true}),
      new AwsInstrumentation({suppressInternalInstrumentation: true}),
    ],
  })
  sdk.start()
  // What is still to be sent goes out when nothing else is left to do.
  process.once('beforeExit', () => void sdk.shutdown())
}
