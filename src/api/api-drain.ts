/** Shutting down: from `begin` on no transaction is taken, waits end as if their time were over, and readiness is refused. */
import { Injectable } from '@nestjs/common';

@Injectable()
export class ApiDrain {
  private readonly begun: Promise<undefined>;
  private signalBegun!: () => void;
  private draining = false;

  constructor() {
    this.begun = new Promise((resolve) => {
      this.signalBegun = (): void => resolve(undefined);
    });
  }

  get isDraining(): boolean {
    return this.draining;
  }

  /** Call before closing the application, which then lets the requests in flight finish. */
  begin(): void {
    this.draining = true;
    this.signalBegun();
  }

  /** The value of `work`, or `undefined` when the drain begins first. */
  async orDrained<Value>(work: Promise<Value>): Promise<Value | undefined> {
    return Promise.race([work, this.begun]);
  }
}
