/** A node that shows another history: checkpoints with roots of its own, signed by whatever keys it is given. */
import { createServer, type Server } from 'node:http';
import { checkpointText } from '../../src/protocol/encoding/checkpoint-text.js';
import type { Genesis } from '../../src/protocol/ledger/genesis.js';
import type { SignerSignature } from '../../src/protocol/pbft/certificate.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import type { Digest, Height } from '../../src/protocol/primitives/identifiers.js';
import { checkpointNote } from '../../src/protocol/proof/checkpoint-certificate.js';
import type { TransactionSigner } from '../../src/sdk/index.js';

export interface ForkedNode {
  readonly url: string;
  close(): Promise<void>;
}

const ROOT = 'f0'.repeat(32) as Digest;

/** `signers`: ledger keys of the first validators, a quorum of them. `height`: of the latest checkpoint; it has every other as well. */
export async function startForkedNode(
  genesis: Genesis,
  signers: readonly TransactionSigner[],
  height: Height,
): Promise<ForkedNode> {
  const noteAt = async (at: Height): Promise<string> => {
    const text = utf8ToBytes(checkpointText(genesis.origin, at, ROOT));
    const signatures: SignerSignature[] = [];
    for (const [signer, key] of signers.entries()) {
      const [signature] = await key.sign([text]);
      signatures.push({ signer, signature: signature! });
    }
    return checkpointNote(genesis.origin, genesis.validators, { height: at, root: ROOT, signatures });
  };
  const answer = async (url: URL): Promise<string> => {
    if (url.pathname === '/v1/checkpoint') return noteAt(height);
    const [, at] = /^\/v1\/checkpoints\/(\d+)$/.exec(url.pathname) ?? [];
    if (at !== undefined) return noteAt(Number(at));
    if (url.pathname === '/v1/validator-history') return JSON.stringify({ items: [] });
    const [from, to] = ['from', 'to'].map((name) => Number(url.searchParams.get(name)));
    return JSON.stringify({
      from: { height: from, root: ROOT },
      to: { height: to, root: ROOT },
      path: [ROOT],
    });
  };
  const server: Server = createServer((request, response) => {
    answer(new URL(request.url ?? '/', 'http://node')).then(
      (text) => response.end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
