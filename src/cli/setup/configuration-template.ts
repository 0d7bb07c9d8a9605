/** The configuration file that `init` writes: every setting that an operator must or may decide, with its meaning. */

/** Members whose addresses are known, or an example. */
function addressLines(addresses: Readonly<Record<string, string>>): string {
  const known = Object.entries(addresses);
  if (known.length === 0) return '  addresses: {}\n  #  globex: ledger.globex.example:7050';
  return ['  addresses:', ...known.map(([name, address]) => `    ${name}: ${JSON.stringify(address)}`)].join(
    '\n',
  );
}

export function configurationTemplate(
  organisation: string,
  passphraseSetting: string,
  addresses: Readonly<Record<string, string>> = {},
): string {
  return `# Configuration of the Countersign node of ${organisation}.
# "countersign config check --config FILE" prints the effective values and where each comes from. Every setting can be
# overridden by an environment variable: database.url by COUNTERSIGN_DATABASE_URL. Paths are relative to this file.

organisation: ${organisation}

# Vote journal and state of this node: a disk of its own is best. Losing it means losing the vote until peers re-admit it.
dataDirectory: data

# The file that all organisations agreed on, from "countersign genesis assemble".
genesisFile: genesis.json

database:
  # Login that reads and appends. Better set as COUNTERSIGN_DATABASE_URL than written here.
  url: postgres://countersign_node@127.0.0.1:5432/countersign
  # Login that owns the tables, for "countersign db migrate".
  # ownerUrl: postgres://countersign_admin@127.0.0.1:5432/countersign
  # Login that only reads, for the REST interface.
  # readerUrl: postgres://countersign_api@127.0.0.1:5432/countersign

rest:
  host: 127.0.0.1
  port: 8080
  # Where clients reach it when a proxy stands before it; signed requests must name this address.
  # publicUrl: https://ledger.${organisation}.example
  # Tokens of your OpenID provider, beside signed requests. The claim countersign_identity names the identity.
  # oidc:
  #   issuer: https://login.${organisation}.example
  #   audience: https://ledger.${organisation}.example

metrics:
  host: 127.0.0.1
  port: 9464

# Between the organisations: mutual TLS under the ledger keys that the ledger names; nothing else is trusted.
peer:
  host: 0.0.0.0
  port: 7050
  # Where each other organisation listens; for those that are not named here, what the ledger says counts.
${addressLines(addresses)}

keys:
  directory: keys
  ${passphraseSetting}
  # Name of the ledger key; another one after "countersign member propose rotate-key".
  ledgerKey: ledger
  # Or leave the private keys to another process (docs/SIGNER.md): remove directory and what opens it above, and set
  # signerSocket: /run/countersign/signer.sock

log:
  level: info
`;
}
