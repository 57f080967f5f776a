/** virtual-kubelet with its mock provider, which keeps pods in memory and runs nothing. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { selfSignedCertificate } from "../../../src/kubelet/serving/certificate.ts";
import { servingIdentity } from "../../../src/kubelet/serving/names.ts";
import { binaryPath, type GoProgram } from "../../support/programs/go-program.ts";
import { peerIdentity } from "./peer-identity.ts";
import { type Arena, type Side, startProcess } from "./side.ts";

const name = "virtual-kubelet";

export const virtualKubelet: GoProgram = {
  name,
  module: "github.com/virtual-kubelet/virtual-kubelet",
  command: "cmd/virtual-kubelet",
  version: "v1.14.1",
  files: [],
};

export function virtualKubeletSide(): Side {
  let identity = "";
  let runs = 0;
  return {
    name,
    async prepare(arena) {
      identity = await peerIdentity(arena.cluster, name);
    },
    async start({ cluster, address }: Arena) {
      const path = (suffix: string) => join(cluster.folder, `${name}${suffix}`);
      const capacity = { cpu: "10000", memory: "10Ti", pods: "20000" };
      writeFileSync(path(".json"), JSON.stringify({ [name]: capacity }));
      const pem = selfSignedCertificate(servingIdentity([name], [address]), Date.now());
      writeFileSync(path(".crt"), pem.cert);
      writeFileSync(path(".key"), pem.key, { mode: 0o600 });
      const what = ["--provider", "mock", "--provider-config", path(".json"), "--nodename", name];
      const where = ["--kubeconfig", identity, "--metrics-addr", "127.0.0.1:10255"];
      return startProcess([binaryPath(virtualKubelet), ...what, ...where], path(`-${++runs}.log`), {
        APISERVER_CERT_LOCATION: path(".crt"),
        APISERVER_KEY_LOCATION: path(".key"),
        VKUBELET_POD_IP: address,
      });
    },
  };
}
