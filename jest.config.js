const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {'\\.ts$': '<rootDir>/test/strip-types.js'},
  setupFilesAfterEnv: ['<rootDir>/test/setup.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.build-'],
}
const apart = ['/node_modules/', '<rootDir>/test/journeys/', '<rootDir>/test/kill/', '<rootDir>/test/bench/']

/** `unit` needs nothing but the sources and the build; `journeys` and `kill` bring a lab up and run one at a time. */
export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: apart,
    },
    {...shared, displayName: 'journeys', testMatch: ['<rootDir>/test/journeys/**/*.test.ts']},
    {...shared, displayName: 'kill', testMatch: ['<rootDir>/test/kill/**/*.test.ts']},
  ],
}
