/** Organisations with real keys and their peer networks on loopback, for tests over real TLS. */
import type { PeerEvents, PeerLimits, PeerMember, PeerMessage, Signer } from '../../src/node/ports.js';
import { GrpcPeerNetwork } from '../../src/network/grpc-peer-network.js';
import type { NetworkRole, NetworkTuning } from '../../src/network/network-settings.js';
import { createSecretSeed, publicKeyOfSeed, signMessage } from '../../src/protocol/crypto/ed25519.js';
import { DEFAULT_PARAMETERS, type GenesisParameters } from '../../src/protocol/ledger/genesis-parameters.js';
import type { ChainId, PeerIndex } from '../../src/protocol/primitives/identifiers.js';
import { realClock } from './real-clock.js';
import { createRecordingObserver, type RecordingObserver } from './recording-observer.js';

export const TEST_CHAIN_ID = 'c0'.repeat(32) as ChainId;

export interface Member {
  readonly organisation: string;
  readonly signer: Signer;
}

export function createMember(organisation: string): Member {
  const seed = createSecretSeed();
  const signer: Signer = {
    publicKey: publicKeyOfSeed(seed),
    sign: async (messages) => messages.map((message) => signMessage(seed, message)),
  };
  return { organisation, signer };
}

/** As a ledger names them: each with its one key, and no address. */
export function peerMembersOf(members: readonly Member[]): readonly PeerMember[] {
  return members.map(({ organisation, signer }, peer) => ({
    peer,
    organisation,
    ledgerKeys: [signer.publicKey],
    address: undefined,
    refused: undefined,
  }));
}

export function limitsOf(validators: number, parameters: Partial<GenesisParameters> = {}): PeerLimits {
  return { parameters: { ...DEFAULT_PARAMETERS, ...parameters }, validators };
}

export interface RunningNetwork {
  readonly network: GrpcPeerNetwork;
  readonly observer: RecordingObserver;
  readonly received: { readonly from: PeerIndex; readonly message: PeerMessage }[];
  readonly connections: string[];
}

export interface NetworkChoices {
  readonly member: Member;
  readonly members: readonly Member[];
  /** As the node knows them; the members with their one key, unless told otherwise. */
  readonly known?: readonly PeerMember[];
  /** What the node may configure itself; an address where nobody listens for every other member, unless told otherwise. */
  readonly limits?: PeerLimits;
  readonly configured?: Readonly<Record<string, string>>;
  readonly addresses?: Readonly<Record<string, string>>;
  readonly chainId?: ChainId;
  readonly tuning?: Partial<NetworkTuning>;
  readonly port?: number;
  /** A member's, unless told otherwise. */
  readonly role?: NetworkRole;
  readonly onMessage?: PeerEvents['onMessage'];
}

export async function startNetwork(choices: NetworkChoices): Promise<RunningNetwork> {
  const { member, members, addresses = {}, chainId = TEST_CHAIN_ID, tuning = {}, port = 0 } = choices;
  const observer = createRecordingObserver();
  const network = new GrpcPeerNetwork(
    {
      organisation: member.organisation,
      role: choices.role ?? {
        kind: 'member',
        signer: () => member.signer,
        listen: { host: '127.0.0.1', port },
      },
      chainId,
      members: choices.known ?? peerMembersOf(members),
      limits: choices.limits ?? limitsOf(members.length),
      softwareVersion: 'test',
      addresses: choices.configured ?? {
        ...Object.fromEntries(members.map((m) => [m.organisation, '127.0.0.1:1'])),
        ...addresses,
      },
      tuning,
    },
    { clock: realClock, observer },
  );
  const received: RunningNetwork['received'] = [];
  const connections: string[] = [];
  await network.start({
    onMessage: (from, message) => {
      received.push({ from, message });
      choices.onMessage?.(from, message);
    },
    onConnected: (index) => connections.push(`+${index}`),
    onDisconnected: (index) => connections.push(`-${index}`),
  });
  return { network, observer, received, connections };
}

export function addressOf(running: RunningNetwork): string {
  return `127.0.0.1:${String(running.network.listeningPort)}`;
}

/** Waits for a condition; the test's own limit says when it hangs. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
