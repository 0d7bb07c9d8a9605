import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Role } from '../ledger/identity.js';
import { decodeReaders, encodeReaders, mayRead, READERS_UNLESS_SAID, type Reader } from './reading.js';

function reader(identity: string, ...roles: readonly Role[]): Reader {
  const [organisation = ''] = identity.split('/');
  return { identity, organisation, roles };
}

const app = reader('globex/app', 'submitter');
const auditor = reader('globex/auditor', 'auditor');
const admin = reader('globex/admin', 'admin');

describe('who may read', () => {
  it.each<readonly [string, Reader, string | undefined, readonly string[], boolean]>([
    ['the own records', app, 'globex', [], true],
    ['the own records, as an admin', admin, 'globex', [], true],
    ['what nobody owns', app, undefined, [], true],
    ['what is shared with nobody', auditor, 'acme', [], false],
    ['what is shared with everyone', app, 'acme', ['*'], true],
    ['what is shared with everyone, as an admin', admin, 'acme', ['*'], false],
    ['what is shared with the own organisation', auditor, 'acme', ['globex', 'initech'], true],
    ['what is shared with other organisations', auditor, 'acme', ['initech', 'umbrella'], false],
    ['what is shared with the identity alone', auditor, 'acme', ['globex/auditor'], true],
    ['what is shared with another of the organisation', app, 'acme', ['globex/auditor'], false],
    ['what is shared with a longer name', auditor, 'acme', ['globex-2', 'globex/auditor-2'], false],
  ])('%s', (_word, who, owner, readers, expected) => {
    expect(mayRead(who, owner, () => readers)).toBe(expected);
  });

  it('asks for the readers of the owner, and only when it must', () => {
    const asked: string[] = [];
    const readersOf = (owner: string): readonly string[] => {
      asked.push(owner);
      return ['*'];
    };
    expect([mayRead(app, 'globex', readersOf), mayRead(app, 'acme', readersOf)]).toEqual([true, true]);
    expect(asked).toEqual(['acme']);
  });

  it('is everyone where nothing was said', () => {
    expect(decodeReaders(undefined)).toEqual(READERS_UNLESS_SAID);
    expect(mayRead(app, 'acme', () => decodeReaders(undefined))).toBe(true);
  });

  it('comes back from its bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary-ascii', maxLength: 20 }), { maxLength: 300 }),
        (readers) => {
          expect(decodeReaders(encodeReaders(readers))).toEqual(readers);
        },
      ),
    );
    expect(() => decodeReaders(Uint8Array.of(2, 0, 0))).toThrow('not those that this ledger writes');
    expect(() => decodeReaders(Uint8Array.of(1, 0, 1))).toThrow('not those that this ledger writes');
  });
});
