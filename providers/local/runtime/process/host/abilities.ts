import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Abilities } from "../protocol.ts";
import type { Ground } from "../container/enclosure.ts";
import { openAddresses, type Addresses } from "./addresses.ts";
import { openCgroups } from "./cgroup.ts";
import { runTool } from "./command.ts";
import { readHostLayout } from "./host-layout.ts";
import { openNetwork, type Network } from "./network.ts";
import { parseSubnet } from "./subnet.ts";

export interface Host {
  readonly ground: Ground;
  /** Both or none. */
  readonly network: (Network & { readonly addresses: Addresses }) | undefined;
}

export interface HostOptions {
  readonly stateDir: string;
  readonly bridge: string;
  readonly subnet: string;
  /** `false`: as on a host that permits no namespaces. */
  readonly isolation: boolean;
}

/** Finds out once what this host permits; what it does not is told with a sentence and done without. */
export async function openHost(options: HostOptions): Promise<Host> {
  const missing: string[] = [];
  const without =
    (what: string) =>
    (error: Error): undefined => {
      missing.push(`${what}: ${error.message}`);
    };
  const isolation = options.isolation
    ? (await tryNamespaces().catch(without("containers are not isolated"))) === true
    : (without("containers are not isolated")(new Error("isolation is switched off")), false);
  const network = isolation ? await openTaskNetwork(options).catch(without("tasks have no address")) : undefined;
  const parent = `burstlet-${createHash("sha256").update(options.stateDir).digest("hex").slice(0, 12)}`;
  const cgroups = openCgroups(parent);
  if ("missing" in cgroups) missing.push(`limits of memory and CPU are not enforced: ${cgroups.missing}`);
  const abilities: Abilities = {
    isolation,
    addresses: network !== undefined,
    limits: !("missing" in cgroups),
    missing,
  };
  return {
    ground: {
      abilities,
      layout: await readHostLayout(join(options.stateDir, "images")),
      cgroups: "missing" in cgroups ? undefined : cgroups,
      resolver: readResolver(),
    },
    network,
  };
}

async function tryNamespaces(): Promise<boolean> {
  await runTool("unshare", [
    "--mount",
    "--uts",
    "--ipc",
    "--net",
    "--pid",
    "--fork",
    "--kill-child",
    "--propagation",
    "private",
    "true",
  ]);
  await runTool("nsenter", ["--version"]);
  return true;
}

async function openTaskNetwork(options: HostOptions): Promise<Network & { addresses: Addresses }> {
  const subnet = parseSubnet(options.subnet);
  const network = await openNetwork(options.bridge, subnet);
  return { ...network, addresses: openAddresses(join(options.stateDir, "addresses"), subnet) };
}

function readResolver(): string {
  try {
    return readFileSync("/etc/resolv.conf", "utf8");
  } catch {
    return "";
  }
}
