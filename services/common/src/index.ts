export {createApp, type App} from './app.ts'
export {createDatabase, type Database, type Row, type Transaction} from './database.ts'
export {isAway, violatedUniqueness} from './database-errors.ts'
export {notFound, ServiceError} from './errors.ts'
export {once, type Answer} from './idempotency.ts'
export {migrate, runMigrations} from './migrations.ts'
export {layer, scene, type Layer, type Scene} from './scene.ts'
export {runService} from './service.ts'
export {databaseSettings, readSettings, serverSettings, storageSettings, tokenSettings} from './settings.ts'
export {inSpan} from './span.ts'
export {createStorage, type Storage} from './storage.ts'
export {
  requireUser,
  tokenAlgorithm,
  tokenAudience,
  tokenVerifier,
  tokenVerifierOf,
  type TokenVerifier,
  type User,
} from './tokens.ts'
