import type { CertificateRequestsApi } from "../../cluster/cluster.ts";
import type { KubeletConfiguration } from "../../config/fields/kubelet.ts";
import type { Clock, Log } from "../../provider.ts";
import { fromFiles } from "./files.ts";
import { servingIdentity } from "./names.ts";
import { fromCluster } from "./requested.ts";
import { selfSigned } from "./self-signed.ts";
import type { ServingCertificate } from "./source.ts";

export interface ServedNode {
  readonly name: string;
  readonly address?: string | undefined;
}

/** The source that the configuration asks for. Rejects with a sentence for the user when its files cannot be used. */
export async function chosenCertificate(options: {
  readonly kubelet: Pick<KubeletConfiguration, "tlsCertFile" | "tlsPrivateKeyFile" | "serverTLSBootstrap">;
  /** All that are served on this port; the first gives the certificate its name. */
  readonly nodes: readonly [ServedNode, ...ServedNode[]];
  readonly requests: CertificateRequestsApi;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}): Promise<ServingCertificate> {
  const { kubelet, nodes, clock, log } = options;
  const addresses = nodes.flatMap(({ address }) => (address === undefined ? [] : [address]));
  const { tlsCertFile: certFile, tlsPrivateKeyFile: keyFile, serverTLSBootstrap } = kubelet;
  if (certFile !== undefined && keyFile !== undefined) {
    return fromFiles({ certFile, keyFile, addresses }, clock, log).catch((error: Error) => {
      throw new Error(`kubelet.tlsCertFile, kubelet.tlsPrivateKeyFile: ${error.message}`, { cause: error });
    });
  }
  const [first, ...others] = nodes;
  const identity = servingIdentity([first.name, ...others.map(({ name }) => name)], addresses);
  return serverTLSBootstrap ? fromCluster({ ...options, identity, nodeName: first.name }) : selfSigned(identity, clock);
}
