import { describe, expect, it } from '@jest/globals';
import { createHash, createHmac } from 'node:crypto';
import { scramVerifier } from './scram-verifier.js';

describe('scramVerifier', () => {
  it('agrees with the exchange of RFC 7677, section 3', () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
    const verifier = scramVerifier('pencil', salt);
    const [mechanism, parameters, keys] = verifier.split('$');
    expect([mechanism, parameters]).toEqual(['SCRAM-SHA-256', '4096:W22ZaJ0SNY7soEsUEjb6gQ==']);
    const [storedKey = '', serverKey = ''] = keys!.split(':').map((key) => Buffer.from(key, 'base64'));
    const exchange =
      'n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
      's=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
    const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64');
    const signature = createHmac('sha256', storedKey).update(exchange).digest();
    const clientKey = proof.map((byte, index) => byte ^ signature[index]!);
    expect(createHash('sha256').update(clientKey).digest()).toEqual(storedKey);
    expect(createHmac('sha256', serverKey).update(exchange).digest('base64')).toBe(
      '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    );
  });
});
