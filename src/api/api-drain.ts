/** Shutting down: from `begin` on no transaction is taken, waits end as if their time were over, and readiness is refused. */
import { Injectable } from '@nestjs/common';

@Injectable()
export class ApiDrain {
  private readonly onBegin = new Set<() => void>();
  private draining = false;

  get isDraining(): boolean {
    return this.draining;
  }

  /** Call before closing the application, which then lets the requests in flight finish. */
  begin(): void {
    this.draining = true;
    for (const release of this.onBegin) release();
    this.onBegin.clear();
  }

  /** The value of `work`, or `undefined` when the drain begins first. */
  orDrained<Value>(work: Promise<Value>): Promise<Value | undefined> {
    if (this.draining) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const release = (): void => resolve(undefined);
      this.onBegin.add(release);
      void work.then(resolve, reject).finally(() => this.onBegin.delete(release));
    });
  }
}
