/** What the registry knows of a code. The texts name no request: what is particular stands in `detail` and `errors`. */
export interface ProblemDefinition {
  /** HTTP status, 400 to 599. */
  readonly status: number;
  readonly title: string;
  /** What the caller, or the operator for 5xx, does about it. */
  readonly fix: string;
  readonly retryAfterSeconds?: number;
}
