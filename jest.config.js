const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {'\\.ts$': '<rootDir>/test/strip-types.js'},
  setupFilesAfterEnv: ['<rootDir>/test/setup.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.build-'],
}
const servers = ['<rootDir>/test/drivers/', '<rootDir>/test/host/']
const apart = [...servers, ...['journeys', 'kill', 'bench'].map((folder) => `<rootDir>/test/${folder}/`)]

/**
 * `unit` needs nothing but the sources and the build; `servers` starts real ones on loopback (scripts/in-base.sh has
 * them); `services` are the bundled services with a database and an S3 server of the tests' own; `journeys` and `kill` bring
 * a lab up for each worker.
 */
export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...apart],
    },
    {
      ...shared,
      displayName: 'servers',
      testMatch: servers.map((folder) => `${folder}**/*.test.ts`),
    },
    {
      ...shared,
      displayName: 'services',
      testMatch: ['<rootDir>/services/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.long\\.test\\.ts$'],
    },
    {...shared, displayName: 'journeys', testMatch: ['<rootDir>/test/journeys/**/*.test.ts']},
    {
      ...shared,
      displayName: 'kill',
      testMatch: ['<rootDir>/test/kill/**/*.test.ts', '<rootDir>/services/**/*.long.test.ts'],
    },
  ],
}
