// Who may import whom: the table of docs/ARCHITECTURE.md as failing rules. Inside src the table is an allow-list; for
// libraries it is a deny-list per folder, so that a library can be added where it belongs without a change here.

const spec = '\\.spec\\.ts$';

/** Folder → what it may import from src besides itself. A path ending in `/` is a folder, `*.ts` a single file. */
const allowedImports = {
  'protocol/primitives': [],
  'protocol/encoding': ['protocol/primitives/'],
  'protocol/crypto': ['protocol/primitives/', 'protocol/encoding/'],
  'protocol/ledger': ['protocol/primitives/', 'protocol/encoding/', 'protocol/crypto/'],
  'protocol/state': ['protocol/primitives/', 'protocol/encoding/', 'protocol/crypto/', 'protocol/ledger/'],
  'protocol/governance': [
    'protocol/primitives/',
    'protocol/encoding/',
    'protocol/crypto/',
    'protocol/ledger/',
    'protocol/state/',
  ],
  'protocol/execution': [
    'protocol/primitives/',
    'protocol/encoding/',
    'protocol/crypto/',
    'protocol/ledger/',
    'protocol/state/',
    'protocol/governance/',
  ],
  // The replica orders digests: it sees the header, a block whose body stays closed, the validator set, the hash that names
  // what view changes claim and a verifier that is handed in; never a transaction or the state.
  'protocol/pbft': [
    'protocol/primitives/',
    'protocol/encoding/',
    'protocol/crypto/sha256.ts',
    'protocol/crypto/signature-verifier.ts',
    'protocol/ledger/block.ts',
    'protocol/ledger/block-header.ts',
    'protocol/ledger/validator-set.ts',
  ],
  'protocol/proof': ['protocol/'],
  // What a database holds, verified; the node audits its own, the command line any.
  audit: ['protocol/'],
  node: ['protocol/', 'audit/'],
  storage: ['protocol/', 'node/ports.ts', 'node/index-ports.ts', 'audit/stored-rows.ts', 'config/'],
  journal: ['protocol/', 'node/ports.ts', 'config/'],
  network: ['protocol/', 'node/ports.ts', 'config/'],
  keys: ['protocol/', 'node/ports.ts', 'config/'],
  observability: ['protocol/', 'node/ports.ts', 'config/'],
  config: ['protocol/'],
  api: ['protocol/', 'node/', 'config/'],
  sdk: ['protocol/'],
  cli: [
    ...['protocol/', 'audit/', 'config/', 'keys/', 'sdk/', 'storage/', 'demo/'],
    ...['network/observer-certificate.ts', 'network/show-certificate.ts'],
  ],
  demo: ['protocol/', 'config/', 'keys/', 'sdk/', 'storage/'],
};

const pathOf = (entry) => `^src/${entry.replaceAll('.', '\\.')}${entry.endsWith('/') ? '' : '$'}`;

const tableRules = Object.entries(allowedImports).map(([folder, allowed]) => ({
  name: `imports-of-${folder.replace('/', '-')}`,
  comment: `src/${folder} imports from src only: ${['itself', ...allowed].join(', ')}`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: [`^src/${folder}/`, ...allowed.map(pathOf)] },
}));

/** Direct files of a module are public, its sub-folders private, except these: sub-folder → who else may enter it. */
const openSubfolders = {
  // Bytes between organisations, in the journal and in the database are the same messages.
  'protocol/encoding/generated': '^src/(protocol|network|journal|storage)/',
  'protocol/crypto/merkle': '^src/(protocol|audit|node|storage|sdk)/',
  // Certificates, view changes and evidence are read in one place, as strictly from a file as from a peer.
  // Each kind of proof file has a room; the parts that they share lie in the hall.
  'protocol/proof/bundle': '^src/(protocol|node|sdk|api|cli)/',
  'protocol/proof/cose': '^src/(protocol|node|sdk|api|cli|demo)/',
  'protocol/proof/countersigned': '^src/(protocol|node|sdk)/',
  'protocol/proof/state': '^src/(protocol|node|sdk|api|cli)/',
  'protocol/pbft/wire': '^src/(network|journal|storage)/',
  // Documents in records are JSON: the strict reader is one for all who look inside.
  'protocol/ledger/json': '^src/(protocol|sdk|api)/',
  'node/audit': '^src/app\\.module\\.ts$',
  // Keys that sign neither transactions nor votes: execution writes them, the node reads them.
  'protocol/governance/credentials': '^src/(protocol|node)/',
  'node/mempool': '^src/app\\.module\\.ts$',
  'node/catch-up': '^src/app\\.module\\.ts$',
  'node/members': '^src/app\\.module\\.ts$',
  'node/indexing': '^src/app\\.module\\.ts$',
};

const anySubfolder = '^src/(?:protocol/[^/]+|(?!protocol/)[^/]+)/[^/]+/';
const privacyRules = [
  {
    name: 'sub-folders-are-private',
    comment: 'The files directly in a module are its public face; import one of those instead.',
    severity: 'error',
    from: { path: '^src/(protocol/[^/]+|(?!protocol/)[^/]+)/' },
    to: {
      path: anySubfolder,
      pathNot: ['^src/$1/', ...Object.keys(openSubfolders).map((open) => `^src/${open}/`)],
    },
  },
  {
    name: 'sub-folders-are-private-to-the-composition-root-too',
    comment: 'The files directly in a module are its public face; import one of those instead.',
    severity: 'error',
    from: { path: '^src/[^/]+\\.ts$' },
    to: { path: anySubfolder, pathNot: Object.keys(openSubfolders).map((open) => `^src/${open}/`) },
  },
  ...Object.entries(openSubfolders).map(([open, visitors]) => ({
    name: `visitors-of-${open.replaceAll('/', '-')}`,
    comment: `src/${open} is open to its own module and to ${visitors} only.`,
    severity: 'error',
    from: { path: '^src/', pathNot: [`^src/${open.slice(0, open.lastIndexOf('/'))}/`, visitors] },
    to: { path: `^src/${open}/` },
  })),
];

/** `packages` as a path below node_modules: `pg` is the package pg and nothing that merely starts with these letters. */
const inPackage = (...packages) => `(^|/)node_modules/(${packages.join('|')})(/|$)`;

const denyPackages = (name, from, packages, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from.path, pathNot: [spec, ...(from.pathNot ?? [])] },
  to: { path: inPackage(...packages) },
});

/** Everything that is not our own file. */
const outside = ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'];

const nest = ['@nestjs/[^/]+'];
const http = ['fastify', '@fastify/[^/]+', 'jose'];
const database = ['pg', 'pg-copy-streams', 'node-pg-migrate'];
const grpc = ['@grpc/[^/]+'];
const metrics = ['prom-client'];
const terminal = ['commander', 'cli-table3', 'cli-progress', 'picocolors'];

const libraryRules = [
  {
    name: 'protocol-is-pure',
    comment:
      'src/protocol uses no Node module and only libraries that compute; the crypto platforms are the one door.',
    severity: 'error',
    from: { path: '^src/protocol/', pathNot: [spec, '^src/protocol/crypto/platform/'] },
    to: {
      dependencyTypes: outside,
      pathNot: inPackage('@bufbuild/protobuf', 'canonicalize', 'cborg', '@noble/curves'),
    },
  },
  {
    name: 'crypto-platform-node',
    comment: 'One verifier decides in consensus: sodium-native for Ed25519, node:crypto for SHA-256.',
    severity: 'error',
    from: { path: '^src/protocol/crypto/platform/node\\.ts$' },
    to: {
      dependencyTypes: outside,
      pathNot: ['^(node:)?crypto$', inPackage('sodium-native')],
    },
  },
  {
    name: 'crypto-platform-browser',
    comment: 'The browser twin must load without Node.',
    severity: 'error',
    from: {
      path: '^src/protocol/crypto/platform/',
      pathNot: [spec, '^src/protocol/crypto/platform/node\\.ts$'],
    },
    to: {
      dependencyTypes: outside,
      pathNot: inPackage('@noble/[^/]+'),
    },
  },
  {
    name: 'crypto-platform-is-one-door',
    comment: 'Which verifier runs is decided in src/protocol/crypto only.',
    severity: 'error',
    from: { path: '^src/', pathNot: [spec, '^src/protocol/crypto/'] },
    to: { path: '^src/protocol/crypto/platform/' },
  },
  {
    name: 'sdk-runs-in-a-browser',
    severity: 'error',
    from: { path: '^src/sdk/', pathNot: [spec] },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'node-touches-nothing',
    comment: 'src/node reaches the world through its ports: no files, no network, no processes, no timers.',
    severity: 'error',
    from: { path: '^src/node/', pathNot: [spec] },
    to: {
      dependencyTypes: ['core'],
      path: '^(node:)?(fs|net|tls|http|https|http2|dgram|dns|child_process|cluster|worker_threads|process|os|timers)(/|$)',
    },
  },
  {
    name: 'nest-at-the-edge',
    comment: 'Nest belongs in main.ts, run-node.ts, app.module.ts, src/api and *.module.ts.',
    severity: 'error',
    from: { path: '^src/', pathNot: [spec, '^src/(main|run-node)\\.ts$', '\\.module\\.ts$', '^src/api/'] },
    to: { path: inPackage(...nest) },
  },
  denyPackages(
    'libraries-of-node',
    { path: '^src/node/' },
    [...nest, ...http, ...database, ...grpc, ...metrics, ...terminal, 'pino', 'zod'],
    'src/node is plain TypeScript.',
  ),
  denyPackages(
    'sql-in-storage',
    { path: '^src/', pathNot: ['^src/storage/', '^src/demo/', '^src/cli/'] },
    database,
    'PostgreSQL is touched in src/storage.',
  ),
  denyPackages(
    'grpc-in-network',
    { path: '^src/', pathNot: ['^src/network/'] },
    grpc,
    'gRPC is src/network.',
  ),
  denyPackages(
    'http-in-api',
    {
      path: '^src/',
      pathNot: ['^src/api/', '^src/main\\.ts$', '^src/app\\.module\\.ts$', '^src/observability/'],
    },
    http,
    'HTTP is the part of src/api; the metrics listener is observability.',
  ),
  denyPackages(
    'metrics-in-observability',
    { path: '^src/', pathNot: ['^src/observability/'] },
    metrics,
    'The domain reports to a NodeObserver; only src/observability knows Prometheus.',
  ),
  denyPackages(
    'terminal-in-cli',
    { path: '^src/', pathNot: ['^src/cli/', '^src/demo/'] },
    terminal,
    'Tables, colours and options are for the command line.',
  ),
  {
    name: 'no-development-library-in-the-product',
    severity: 'error',
    from: { path: '^src/', pathNot: [spec] },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
  },
];

const shapeRules = [
  { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
  {
    name: 'no-orphans',
    comment: 'Nothing imports this file and it imports nothing: wire it or remove it.',
    severity: 'error',
    from: { path: '^src/', orphan: true, pathNot: ['\\.d\\.ts$', '^src/main\\.ts$', '^src/sdk/index\\.ts$'] },
    to: {},
  },
  { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  {
    name: 'nobody-imports-the-programs',
    comment:
      'main.ts, run-node.ts and the composition root are where everything comes together; the shell starts the program.',
    severity: 'error',
    from: { path: '^src/', pathNot: ['^src/(main|run-node)\\.ts$'] },
    to: { path: '^src/(main|run-node|app\\.module)\\.ts$' },
  },
  {
    name: 'the-product-knows-no-tests',
    severity: 'error',
    from: { path: '^src/', pathNot: [spec] },
    to: { path: ['^test/', '^bench/', '^scripts/', spec] },
  },
  {
    name: 'specs-borrow-from-test-support-only',
    severity: 'error',
    from: { path: `^src/.*${spec}` },
    to: { path: '^(test|bench|scripts)/', pathNot: '^test/support/' },
  },
  {
    name: 'port-files-alone',
    comment: 'Adapters see what the node needs, not how it does it.',
    severity: 'error',
    from: { path: '^src/(storage|journal|network|keys|observability)/' },
    to: { path: '^src/node/', pathNot: '^src/node/(index-)?ports\\.ts$' },
  },
];

module.exports = {
  forbidden: [...tableRules, ...privacyRules, ...libraryRules, ...shapeRules],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types', 'require'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
