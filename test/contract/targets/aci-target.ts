import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPacedClock } from "../../../localstack/clock.ts";
import { startLocalstack } from "../../../localstack/localstack.ts";
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import { create } from "../../../providers/aci/provider.ts";
import { createProcessRuntime, shutdownSupervisor } from "../../../providers/local/runtime/process/process-runtime.ts";
import { ownNetwork } from "../../../providers/local/runtime/process/testing.ts";
import type { Provider } from "../../../src/provider.ts";
import { systemClock as clock } from "../../../src/telemetry/clock.ts";
import { providerContext } from "../../support/provider-context.ts";
import { silentLog as log } from "../../support/silent-log.ts";
import type { ContractTarget } from "../target.ts";
import { shellContainer, shellHeeds } from "./shell.ts";

const subscription = "00000000-0000-0000-0000-000000000000";
const subnet = `/subscriptions/${subscription}/resourceGroups/burstlet/providers/Microsoft.Network/virtualNetworks/west/subnets/groups`;
/** In a subnet every group has an address, which is that of its processes here. */
const config = {
  subscription,
  locations: ["westeurope"],
  network: "subnet",
  subnets: { westeurope: subnet },
  stats: true,
};

/** The ACI provider over the stand-in for Azure, whose groups are processes of this host. */
export async function aciTarget({ azure, ...scenario }: ScenarioInput = {}): Promise<ContractTarget> {
  const stateDir = mkdtempSync(join(tmpdir(), "burstlet-contract-"));
  const network = ownNetwork();
  const cloud = await startLocalstack({
    clock,
    port: 0,
    scenario: {
      ...scenario,
      azure: { creates: { fiveMinutes: 900, hour: 1800 }, subnets: [{ id: subnet }], ...azure },
    },
    metadataHost: network.subnet.replace("0/24", "1"),
    runtime: () => createProcessRuntime({ stateDir, clock, log, ...network }),
  });
  // Azure is asked more often, within its limits: most of the time of these tests is waiting for news. Graces are shorter too.
  const often = { ...createPacedClock(clock, 4), now: () => clock.now() };
  const context = providerContext(clock, { log, clock: often, network: "routed" });
  const open = async (): Promise<Provider> => create({ ...config, endpoint: cloud.url }, context);
  return {
    clusterUid: context.clusterUid,
    nodeName: context.nodeName,
    provider: await open(),
    container: (behaviour) => shellContainer("busybox:1", behaviour),
    heeds: shellHeeds,
    pass: async (ms) => clock.sleep(ms),
    reopen: open,
    async trouble() {
      const { faults } = cloud;
      faults.set({ name: "trouble", call: "*", cut: "before" });
      return async () => Promise.resolve(faults.clear("trouble"));
    },
    async close() {
      await cloud.close();
      await shutdownSupervisor(stateDir, clock);
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
