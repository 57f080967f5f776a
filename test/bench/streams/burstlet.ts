/** burstlet with the process runtime: the pod's commands are processes of this machine, as they are for the other side. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shutdownSupervisor } from "../../../providers/local/runtime/process/process-runtime.ts";
import type { Pod } from "../../../src/model/kube.ts";
import { systemClock } from "../../../src/telemetry/clock.ts";
import { burstletIdentity } from "../../support/burstlet.ts";
import { eventually } from "../../support/eventually.ts";
import { burstletCommand } from "../sides/burstlet.ts";
import { startProcess } from "../sides/side.ts";
import { sourceServer, type StreamNode, type StreamSide } from "./side.ts";

const name = "burstlet";
const file = "/tmp/big";

export interface BurstletStreamNode extends StreamNode {
  /** Where `event-loop.ts` leaves its figures. */
  readonly loop: string;
  /** A pod that has written so many megabytes to its log, and is silent now. */
  startTalker(megabytes: number): Promise<string>;
}

export function burstletStreamSide(nodeFlags: readonly string[]): StreamSide & { node(): BurstletStreamNode } {
  let running: BurstletStreamNode | undefined;
  return {
    name,
    node() {
      if (running === undefined) throw new Error("burstlet has not been started");
      return running;
    },
    async start(arena, megabytes) {
      const { cluster, client, address } = arena;
      const identity = await burstletIdentity(cluster);
      const stateDir = join(cluster.folder, "processes");
      mkdirSync(stateDir, { mode: 0o700 });
      const local = { runtime: "process", allowHostProcesses: true, stateDir };
      const nodes = [{ name, provider: "local", address, port: 0, local }];
      const configuration = join(cluster.folder, "streams.json");
      writeFileSync(
        configuration,
        JSON.stringify({ apiVersion: "burstlet.dev/v1alpha1", kind: "BurstletConfiguration", nodes }),
      );
      const loop = join(cluster.folder, "event-loop.json");
      const flags = [...nodeFlags, "--import", join(import.meta.dirname, "event-loop.ts")];
      const node = startProcess(
        burstletCommand(flags, configuration, identity),
        join(cluster.folder, "burstlet-streams.log"),
        { BURSTLET_BENCH_LOOP: loop },
      );

      const until = async (pod: string, what: (seen: Pod) => boolean | undefined) =>
        eventually(`pod ${pod} (log of the node: ${node.log})`, async () =>
          what(await client.send<Pod>("GET", `/api/v1/namespaces/default/pods/${pod}`)),
        );
      const create = async (pod: string, image: string, command: readonly string[]) => {
        await cluster.apply({
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: pod },
          spec: {
            nodeName: name,
            tolerations: [{ operator: "Exists" }],
            terminationGracePeriodSeconds: 1,
            containers: [{ name: "main", image, command }],
          },
        });
        await until(pod, ({ status }) =>
          status?.conditions?.some((one) => one.type === "Ready" && one.status === "True"),
        );
      };
      await eventually(`node ${name}`, async () => client.send("GET", `/api/v1/nodes/${name}`).then(() => true));
      await create(name, "burstlet.dev/http-echo", ["/opt/burstlet/node", "-e", sourceServer(megabytes)]);
      await cluster.kubectl("exec", name, "--", "sh", "-c", `head -c ${megabytes * 2 ** 20} /dev/urandom > ${file}`);
      running = {
        ...node,
        pod: name,
        file,
        loop,
        async startTalker(size) {
          const line = "a line of a log that somebody may want to read, as long as lines of logs are on average";
          const command = `yes ${JSON.stringify(line)} | head -c ${size * 2 ** 20}; echo; touch /tmp/said; sleep 3600`;
          await create("talker", "busybox", ["sh", "-c", command]);
          await eventually("the log is written", async () =>
            cluster.kubectl("exec", "talker", "--", "test", "-e", "/tmp/said").then(() => true),
          );
          return "talker";
        },
        async stop() {
          await node.stop();
          await shutdownSupervisor(stateDir, systemClock);
        },
      };
      return running;
    },
  };
}
