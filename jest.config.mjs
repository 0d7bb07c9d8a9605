// Jest runs the TypeScript sources directly as ES modules; swc compiles one file at a time, tsc checks the types apart.
/** @type {import('jest').Config} */
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^#crypto-platform$': '<rootDir>/src/protocol/crypto/platform/node.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Compiled and generated folders hold no tests; looking through them costs time at every start.
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.countersign/', '<rootDir>/tools/'],
};

export default {
  // `npm test` says more about this: scripts/test.mjs.
  maxWorkers: 2,
  // What modules of earlier files leave behind makes garbage collection slow: such a worker is replaced.
  workerIdleMemoryLimit: '600MB',
  // Says "hangs", never "slow": no test asserts on time. One that needs longer names its own limit.
  testTimeout: 120_000,
  reporters: ['default', '<rootDir>/scripts/jest-summary-reporter.mjs'],
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/src/**/*.spec.ts',
        '<rootDir>/test/{vectors,scenarios,simulation,support,hostile,fuzz}/**/*.spec.ts',
      ],
    },
    { ...base, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.spec.ts'] },
    { ...base, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'] },
  ],
};
