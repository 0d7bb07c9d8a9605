// A member whose node has been replaced by a program that sends garbage: its streams are cut, the others go on, and when
// the honest node is back it is let in again.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import grpc from '@grpc/grpc-js';
import { parse } from 'yaml';
import { issueLeaf, trustAnchorPem } from '../../src/network/tls/certificate-authority.js';
import { startLoad, underLoad } from './load.js';
import { expectOneLedger } from './one-ledger.js';
import { startTestCluster, type TestCluster } from './test-cluster.js';

/** Not the first primary: what is tried here is the garbage, not the change of view. */
const HOSTILE = 'globex';
const asIs = (bytes: Buffer): Buffer => bytes;

describe('a peer that sends garbage', () => {
  let test: TestCluster;

  beforeAll(async () => {
    test = await startTestCluster();
  });
  afterAll(async () => {
    await test.close();
  });

  /** TLS with a true certificate of the member: what it says is wrong, not who it is. */
  async function credentials(): Promise<grpc.ChannelCredentials> {
    const { cluster } = test;
    const signer = await cluster.ledgerSigner(HOSTILE);
    const leaf = await issueLeaf({ organisation: HOSTILE }, signer, { wallMs: () => Date.now() });
    const anchors = await Promise.all(
      cluster.genesis.validators.map(({ organisation, ledgerKey }) =>
        trustAnchorPem(organisation, ledgerKey),
      ),
    );
    return grpc.credentials.createSsl(
      Buffer.from(anchors.join('')),
      Buffer.from(leaf.privateKeyPem),
      Buffer.from(leaf.certificatePem),
    );
  }

  /** Sends the bytes as the first frame and resolves with how the other side ended the stream. */
  async function sendTo(organisation: string, address: string, frame: Buffer): Promise<grpc.StatusObject> {
    const client = new grpc.Client(address, await credentials(), {
      'grpc.ssl_target_name_override': organisation,
      'grpc.default_authority': organisation,
    });
    try {
      return await new Promise((resolve) => {
        const call = client.makeBidiStreamRequest('/countersign.v1.PeerService/Connect', asIs, asIs);
        call.on('status', resolve);
        // The status says the same.
        call.on('error', () => undefined);
        call.on('data', () => undefined);
        call.write(frame);
      });
    } finally {
      client.close();
    }
  }

  it('is cut off, and the others go on', async () => {
    const { cluster, nodes } = test;
    const settings = parse(readFileSync(cluster.node(HOSTILE).place.configFile, 'utf8')) as {
      readonly peer: { readonly addresses: Readonly<Record<string, string>> };
    };
    await cluster.stopNode(HOSTILE);
    const others = nodes.filter(({ organisation }) => organisation !== HOSTILE);
    const load = startLoad(others, cluster.genesis.chainId, { name: 'hostile' });
    await underLoad(load, async () => {
      await load.more(10);
      for (let round = 0; round < 2; round++) {
        const frames = [
          randomBytes(200),
          Buffer.from([0x0a, 0x7f]),
          Buffer.concat([Buffer.from([0x0a, 0x03]), randomBytes(3)]),
        ];
        for (const [organisation, address] of Object.entries(settings.peer.addresses)) {
          for (const frame of frames) {
            const status = await sendTo(organisation, address, frame);
            expect(status.code).not.toBe(grpc.status.OK);
          }
        }
      }
      await load.more(30);
      const height = (await others[0]!.client.status()).height;
      expect(height).toBeGreaterThan(0);
      await cluster.startNode(HOSTILE);
    });
    await expectOneLedger(test, load.history);
  });
});
