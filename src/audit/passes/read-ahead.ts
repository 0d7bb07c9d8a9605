/** A read that is under way while what came before it is audited; whoever never asks for its answer is not told that it failed. */
export function readAhead<Value>(read: Promise<Value>): Promise<Value> {
  read.catch(() => undefined);
  return read;
}
