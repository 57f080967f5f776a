/** Between `doors.ts` and the process that it runs inside a network namespace, over Node's channel. */
export interface ConnectRequest {
  readonly id: number;
  readonly port: number;
  /** Tried in this order. */
  readonly hosts: readonly string[];
}

/** With the connected socket when there is no `error`, which has a code for each host. */
export interface ConnectAnswer {
  readonly id: number;
  readonly error?: string;
}
