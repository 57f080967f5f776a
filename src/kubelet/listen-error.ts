/** What the operating system says of a port, in the words of the configuration. Pure. */

export interface ListenPlace {
  readonly address: string;
  readonly port: number;
  /** Of the node in the configuration's list. */
  readonly index: number;
  /** Was the address given by `kubelet.address`? */
  readonly general: boolean;
}

export function listenError(error: unknown, { address, port, index, general }: ListenPlace): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const node = `nodes[${index}]`;
  const addressField = general ? "kubelet.address" : `${node}.address`;
  const sentences: Readonly<Record<string, string>> = {
    EADDRINUSE:
      `${node}.port: port ${port} of ${address} is in use by another program; ` +
      `end that program, or give this node another port (0 takes a free one)`,
    EADDRNOTAVAIL:
      `${addressField}: ${address} is no address of this machine, so nothing can listen there; give one that ` +
      `"ip address" shows here` +
      (general ? "" : ", or say with kubelet.address where to listen instead (0.0.0.0 for all addresses)"),
    EACCES: `${node}.port: this user may not listen on port ${port}; give this node a port above 1023`,
  };
  const sentence = sentences[code ?? ""] ?? `${node}.port: cannot listen on port ${port} of ${address}: ${message}`;
  return new Error(sentence, { cause: error });
}
