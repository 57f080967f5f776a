/**
 * How much a group has, and how it is shared out. CPU is the sum of requests, memory the sum of limits (of requests, where
 * there is no limit): a group has nobody to borrow from. Numbers: Azure's page of ACI's quotas and limits, 2026. Pure.
 */
import type { ResolvedContainer, ResolvedPod, ResolvedResources } from "../../../src/provider.ts";
import type { AciConfig } from "../config.ts";
import type { Share } from "../request.ts";

/** The least that a group has; single containers may have less. */
export const smallest: Share = { cpu: 1, memoryInGB: 1 };
/** What of Azure a group is, with sizes and prices of its own. */
export type Offer = "Standard" | "Confidential" | "Spot";

/** The most that a group has. */
export const largest: Readonly<Record<Offer, Share>> = {
  Standard: { cpu: 31, memoryInGB: 240 },
  Confidential: { cpu: 31, memoryInGB: 180 },
  Spot: { cpu: 4, memoryInGB: 16 },
};
/** Bytes of disk that every group has. */
export const disk = 50 * 2 ** 30;

const cpuStep = 0.01;
const memoryStep = 0.1;
/**
 * No source tells whether a GB is 10^9 or 2^30 bytes here (not verified). With the smaller one a container never has less
 * than it asked for; it costs up to 7.4 % more.
 */
const GB = 1e9;

export interface Size {
  /** What the group has in all: the sum of its containers' requests. */
  readonly group: Share;
  /** By name, for all but init containers. */
  readonly containers: ReadonlyMap<string, { readonly requests: Share; readonly limits: Share }>;
  /** Bytes of disk that the pod asks for. */
  readonly disk: number;
}

/**
 * Azure refuses a container's limit above the sum of all requests, so that no limit is higher here, and takes one that is
 * not set for the request, so that every limit is set. What the group has beyond its containers' requests, because it is
 * small or an init container or the pod as a whole asks for more, the first main container's request gets.
 */
export function sizeOf(pod: ResolvedPod): Size {
  const lasting = pod.containers.filter(({ kind }) => kind === "main" || kind === "sidecar");
  const own = lasting.map((container) => ({ container, share: shareOf(container.resources) }));
  const sum = own.reduce((total, { share }) => plus(total, share), none);
  const needs = [sum, smallest, shareOf(pod.resources ?? {}), ...initShares(pod.containers)];
  const group = needs.reduce(most);
  const first = own.find(({ container }) => container.kind === "main")?.container.name;
  const containers = own.map(({ container, share }) => {
    const requests = container.name === first ? plus(share, minus(group, sum)) : share;
    return [container.name, { requests, limits: limitOf(container.resources, requests, group) }] as const;
  });
  return { group, containers: new Map(containers), disk: diskOf(pod) };
}

/** `prices` are those of the Standard offer. */
export function hourlyUsd({ cpu, memoryInGB }: Share, prices: NonNullable<AciConfig["prices"]>): number {
  return Math.round((cpu * prices.vcpu + memoryInGB * prices.memory) * 1e6) / 1e6;
}

/** `1vCPU 1.5GB` */
export function provisionedText({ cpu, memoryInGB }: Share): string {
  return `${cpu}vCPU ${memoryInGB}GB`;
}

const none: Share = { cpu: 0, memoryInGB: 0 };

/** At least one step of each: Azure wants a request of every container. */
function shareOf({ cpuRequest = 0, memoryRequest = 0, memoryLimit = 0 }: ResolvedResources): Share {
  return {
    cpu: Math.max(cpuStep, roundedUp(cpuRequest, cpuStep)),
    memoryInGB: Math.max(memoryStep, roundedUp(Math.max(memoryRequest, memoryLimit) / GB, memoryStep)),
  };
}

function limitOf({ cpuLimit = 0, memoryLimit = 0 }: ResolvedResources, requests: Share, group: Share): Share {
  const cpu = cpuLimit === 0 ? group.cpu : Math.min(group.cpu, roundedUp(cpuLimit, cpuStep));
  const memoryInGB = memoryLimit === 0 ? group.memoryInGB : roundedUp(memoryLimit / GB, memoryStep);
  return most({ cpu, memoryInGB }, requests);
}

/** Init containers run one after the other, before everything else: sidecars among them start with the main ones here. */
function initShares(containers: readonly ResolvedContainer[]): readonly Share[] {
  return containers.flatMap(({ kind, resources }) => (kind === "init" ? [shareOf(resources)] : []));
}

function diskOf({ containers }: ResolvedPod): number {
  const asked = containers.map(({ kind, resources: { storageRequest = 0, storageLimit = 0 } }) => ({
    kind,
    bytes: Math.max(storageRequest, storageLimit),
  }));
  const lasting = asked.reduce((sum, { kind, bytes }) => (kind === "init" ? sum : sum + bytes), 0);
  return asked.reduce((highest, { bytes }) => Math.max(highest, bytes), lasting);
}

function plus(a: Share, b: Share): Share {
  return { cpu: exact(a.cpu + b.cpu), memoryInGB: exact(a.memoryInGB + b.memoryInGB) };
}

function minus(a: Share, b: Share): Share {
  return { cpu: exact(a.cpu - b.cpu), memoryInGB: exact(a.memoryInGB - b.memoryInGB) };
}

function most(a: Share, b: Share): Share {
  return { cpu: Math.max(a.cpu, b.cpu), memoryInGB: Math.max(a.memoryInGB, b.memoryInGB) };
}

/** Rounded before it is rounded up: 0.3 / 0.1 is a little more than it should be, and would become four steps. */
function roundedUp(amount: number, step: number): number {
  return exact(Math.ceil(Math.round((amount / step) * 1e6) / 1e6) * step);
}

/** Sums of hundredths are not quite so in binary. */
function exact(amount: number): number {
  return Math.round(amount * 100) / 100;
}
