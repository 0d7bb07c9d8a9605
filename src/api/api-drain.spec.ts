import { describe, expect, it } from '@jest/globals';
import { ApiDrain } from './api-drain.js';

const never = new Promise<string>(() => undefined);

describe('ApiDrain', () => {
  it('gives the value of the work while nothing drains', async () => {
    const drain = new ApiDrain();
    expect(await drain.orDrained(Promise.resolve('done'))).toBe('done');
    await expect(drain.orDrained(Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(drain.isDraining).toBe(false);
  });

  it('ends every wait when it begins, and those that come later at once', async () => {
    const drain = new ApiDrain();
    const waits = [drain.orDrained(never), drain.orDrained(never)];
    drain.begin();
    expect(await Promise.all([...waits, drain.orDrained(never)])).toEqual([undefined, undefined, undefined]);
    expect(drain.isDraining).toBe(true);
  });
});
