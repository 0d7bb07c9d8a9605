// What a folder may not do, as lint: src/protocol is pure and gives the same bytes everywhere, time reaches src/node through
// its Clock port only, and the environment and HTTP errors have one home each. Specs may measure and print.
const specs = ['**/*.spec.ts'];

const globalBans = (names, message) => names.map((name) => ({ name, message }));
const syntaxBan = (selector, message) => ({ selector, message });

const pure = 'src/protocol is pure: hand the value in as an argument (docs/ARCHITECTURE.md).';
const timers = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'queueMicrotask',
];
const ambient = ['process', 'console', 'performance', 'fetch', 'navigator', 'globalThis', 'structuredClone'];
const localeMethods =
  '/^(localeCompare|toLocaleString|toLocaleDateString|toLocaleTimeString|toLocaleLowerCase|toLocaleUpperCase)$/';

const pureSyntax = [
  syntaxBan(
    ':function[async=true]',
    'src/protocol is synchronous: slow work is an effect answered by a later input.',
  ),
  syntaxBan(
    'AwaitExpression',
    'src/protocol is synchronous: slow work is an effect answered by a later input.',
  ),
  syntaxBan('ForOfStatement[await=true]', 'src/protocol is synchronous.'),
  syntaxBan('ImportExpression', 'src/protocol has no lazy imports: they are asynchronous.'),
  syntaxBan('TSTypeReference[typeName.name=/^(Promise|PromiseLike|Date)$/]', pure),
  syntaxBan(
    "MemberExpression[object.name='Math'][property.name='random']",
    'Randomness differs between organisations: take it as an argument.',
  ),
  syntaxBan(
    "MemberExpression[object.name='JSON']",
    'JSON text is not canonical: consensus data is protobuf (src/protocol/encoding).',
  ),
  syntaxBan(
    'CallExpression[callee.property.name=/^(sort|toSorted)$/][arguments.length=0]',
    'Sorting without a comparator compares UTF-16 text: name the order.',
  ),
  syntaxBan(
    `MemberExpression[property.name=${localeMethods}]`,
    'The locale differs between machines: compare bytes.',
  ),
  syntaxBan('ForInStatement', 'Property order is not part of the protocol: iterate over a defined order.'),
];

const crypto = 'src/protocol/crypto/platform/**';

/** Bans for src/protocol; the platform files may reach for the platform, and nothing else may. */
export const pureProtocol = [
  {
    files: ['src/protocol/**/*.ts'],
    ignores: specs,
    rules: {
      'no-restricted-syntax': ['error', ...pureSyntax],
      'no-restricted-globals': [
        'error',
        ...globalBans(
          ['Date', 'Promise', 'Intl', 'WebAssembly', 'Atomics', 'SharedArrayBuffer', 'WeakRef'],
          pure,
        ),
        ...globalBans(timers, pure),
        ...globalBans(ambient, pure),
        {
          name: 'Buffer',
          message: 'src/protocol also runs in browsers: use Uint8Array (src/protocol/primitives).',
        },
      ],
    },
  },
  {
    files: ['src/node/**/*.ts'],
    ignores: specs,
    rules: {
      'no-restricted-globals': [
        'error',
        ...globalBans([...timers, 'Date', 'performance'], 'Time enters src/node through its Clock port.'),
        ...globalBans(['process'], 'src/node runs inside any process: what it needs comes through a port.'),
      ],
      'no-restricted-syntax': [
        'error',
        syntaxBan(
          "MemberExpression[object.name='Math'][property.name='random']",
          'Take a generator through a port.',
        ),
      ],
    },
  },
  { files: [crypto], rules: { 'no-restricted-globals': 'off' } },
];

/** One reader of the environment, so that the configuration can say where each value came from. */
export const processEnvironment = {
  files: ['src/**/*.ts', 'bench/**/*.ts'],
  ignores: ['src/config/**', ...specs],
  rules: {
    'no-restricted-properties': [
      'error',
      { object: 'process', property: 'env', message: 'Only src/config reads the environment.' },
    ],
  },
};

/** Errors inside are Rejections and LedgerErrors; only the REST edge turns them into HTTP. */
export const nestExceptions = {
  files: ['src/**/*.ts'],
  ignores: ['src/api/**'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: [
          { name: 'node:process', importNames: ['env'], message: 'Only src/config reads the environment.' },
        ],
        patterns: [
          {
            group: ['@nestjs/common'],
            importNamePattern: '^HttpStatus$|Exception$',
            message: 'HTTP belongs to src/api: return a Rejection or throw a LedgerError.',
          },
        ],
      },
    ],
  },
};
