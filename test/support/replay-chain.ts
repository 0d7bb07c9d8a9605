/** A chain that has something of everything, executed from genesis on: for comparing what different machines make of it. */
import type { Transaction } from '../../src/protocol/ledger/transaction.js';
import { MemoryLedger } from './memory-ledger.js';
import { documentCommand, epcisCommand, signTestTransaction, testGenesis } from './signed-transactions.js';

const BLOCKS = 12;
/** Orders and cases of letters that locales do not agree about, and text beyond the basic plane. */
const SUBJECTS = [
  'urn:i',
  'urn:I',
  'urn:ı',
  'urn:İ',
  'urn:z',
  'urn:ä',
  'urn:a\u0308',
  'urn:ß',
  'urn:\u{1F600}',
];

function transactionsOf(height: number): readonly Transaction[] {
  const { chainId } = testGenesis();
  const sign = (signer: string, key: string, command: Parameters<typeof signTestTransaction>[0]['command']) =>
    signTestTransaction({ chainId, signer, idempotencyKey: key, command });
  const subjects = SUBJECTS.filter((_, index) => (index + height) % 3 !== 0);
  const numbers = { fraction: height / 7, large: 2 ** 53 - height, small: 1e-7 * height };
  return [
    sign('acme/submitter', `a-${height}`, documentCommand(subjects, numbers)),
    sign('globex/submitter', `g-${height >> 1}`, documentCommand([`urn:order:${height >> 1}`])),
    sign('acme/submitter', `e-${height}`, epcisCommand([event(height), event(height + 1)])),
    sign('initech/submitter', `f-${height}`, documentCommand(['urn:x', 'urn:x'], { text: 'İstanbul' })),
    sign('nobody', `n-${height}`, documentCommand(['urn:y'])),
  ];
}

function event(number: number): object {
  return {
    type: 'ObjectEvent',
    eventTime: '2024-02-29T23:30:00.000Z',
    eventTimeZoneOffset: '+13:45',
    epcList: [`urn:epc:id:sgtin:0614141.107346.${number}`],
    action: 'OBSERVE',
  };
}

/** State, log and block of every height, and what became of each transaction. */
export function replayChain(): readonly string[] {
  const ledger = new MemoryLedger(testGenesis());
  return Array.from({ length: BLOCKS }, (_, index) => {
    const executed = ledger.execute(transactionsOf(index + 1));
    const outcomes = executed.outcomes.map(({ code }) => code);
    return [executed.block.hash, executed.stateRoot, executed.logRoot, ...outcomes].join(' ');
  });
}
