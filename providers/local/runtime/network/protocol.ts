/** Between a door and the process that it runs inside a network namespace, over Node's channel. */
export interface ConnectRequest {
  readonly id: number;
  readonly port: number;
}

/** With the connected socket when there is no `error`, which is the code of the last failure. */
export interface ConnectAnswer {
  readonly id: number;
  readonly error?: string;
}
