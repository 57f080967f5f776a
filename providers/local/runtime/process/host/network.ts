/**
 * The bridge that joins the tasks' network namespaces with the one that the supervisor (and burstlet) lives in.
 * Its alias names the owner, so two state directories never share one by accident.
 */
import { randomBytes } from "node:crypto";
import { runTool } from "./command.ts";
import { isAlive, markOf, type ProcessMark } from "./processes.ts";
import type { Subnet } from "./subnet.ts";

export interface Network {
  /** Gives the network namespace of process `pid` its address and the route to everything else. */
  join(pid: number, address: string): Promise<void>;
  /** Removes the bridge; links of tasks go with their namespaces. */
  remove(): Promise<void>;
}

export async function openNetwork(bridge: string, subnet: Subnet): Promise<Network> {
  await claimBridge(bridge, subnet);
  return {
    async join(pid, address) {
      // A random name: a link of the same task's former namespace may still be on its way out.
      const link = `bl${randomBytes(6).toString("hex")}`;
      await ipBatch(
        [],
        [`link add ${link} type veth peer name eth0 netns ${pid}`, `link set ${link} master ${bridge} up`],
      );
      await ipBatch(
        ["nsenter", `--net=/proc/${pid}/ns/net`],
        [
          "link set lo up",
          `addr add ${address}/${subnet.prefix} dev eth0`,
          "link set eth0 up",
          `route add default via ${subnet.gateway}`,
        ],
      );
    },
    remove: async () => {
      await runTool("ip", ["link", "del", bridge]).catch(() => undefined);
    },
  };
}

async function claimBridge(bridge: string, subnet: Subnet): Promise<void> {
  const found = await runTool("ip", ["-json", "-details", "link", "show", "dev", bridge]).catch(() => undefined);
  const own = markOf(process.pid) as ProcessMark;
  const alias = `burstlet ${own.pid} ${own.startTime}`;
  if (found === undefined) {
    await ipBatch(
      [],
      [
        `link add ${bridge} type bridge`,
        `addr add ${subnet.gateway}/${subnet.prefix} dev ${bridge}`,
        `link set ${bridge} up`,
      ],
    );
  } else {
    const [, pid, startTime] =
      /^burstlet (\d+) (\d+)$/.exec((JSON.parse(found) as [{ ifalias?: string }])[0].ifalias ?? "") ?? [];
    if (pid === undefined || startTime === undefined)
      throw new Error(
        `network interface ${bridge} exists and is not burstlet's; name another bridge in the configuration`,
      );
    if (isAlive({ pid: Number(pid), startTime }))
      throw new Error(
        `bridge ${bridge} belongs to another supervisor (pid ${pid}); name another bridge and subnet in the configuration`,
      );
    await ipBatch(
      [],
      [
        `addr flush dev ${bridge}`,
        `addr add ${subnet.gateway}/${subnet.prefix} dev ${bridge}`,
        `link set ${bridge} up`,
      ],
    );
  }
  await runTool("ip", ["link", "set", "dev", bridge, "alias", alias]);
}

async function ipBatch(prefix: readonly string[], lines: readonly string[]): Promise<void> {
  const [file, ...args] = [...prefix, "ip", "-batch", "-"];
  await runTool(file, args, `${lines.join("\n")}\n`);
}
