import {
  type Refusal,
  type ResolvedPod,
  supportFindings,
  type SupportRow,
  type Translation,
} from "../../src/provider.ts";
import { joined, longestTag, podTags } from "./names.ts";
import type { AciRequest, GroupBody } from "./request.ts";
import { disk, hourlyUsd, largest, type Offer, provisionedText, type Size, sizeOf } from "./size/sizes.ts";
import { realtimeMetrics } from "./stats/extension/extension.ts";
import { groupContainers, groupInitContainers } from "./translate/containers.ts";
import type { TranslateContext } from "./translate/context.ts";
import { wordRefusals } from "./translate/environment.ts";
import { dnsRefusals, exposing, networkOf, portRefusals } from "./translate/network.ts";
import { type Placed, placedOf } from "./translate/placement.ts";
import { groupVolumes, volumeRefusals } from "./translate/volumes.ts";

/** Of one group, init containers among them (Azure's page of ACI's limits). */
const mostContainers = 60;

/** The container group for this pod, or every reason why there can be none. `rows`: the support table of this node. */
export function translate(
  pod: ResolvedPod,
  rows: readonly SupportRow[],
  context: TranslateContext,
): Translation<AciRequest> {
  const size = sizeOf(pod);
  const placed = placedOf(pod, context);
  const refusals = [
    ...supportFindings(pod.pod, rows, "refused"),
    ...wordRefusals(pod),
    ...volumeRefusals(pod),
    ...portRefusals(pod, context),
    ...dnsRefusals(pod, context),
    ...placed.refusals,
    ...sizeRefusals(size, placed.offered.offer),
    ...countRefusals(pod),
  ];
  if (refusals.length > 0) return { refusals };
  const { prices } = context.config;
  return {
    refusals: [],
    request: { group: groupOf(pod, context, placed, size), places: placed.places, vcpu: size.group.cpu },
    provisioned: provisionedText(size.group),
    ...(prices && placed.offered.offer === "Standard" && { hourlyUsd: hourlyUsd(size.group, prices) }),
  };
}

function groupOf(pod: ResolvedPod, context: TranslateContext, placed: Placed, size: Size): GroupBody {
  const { identity, registryCredentials, dnsNameLabel, offered } = placed;
  const initContainers = groupInitContainers(pod);
  const volumes = groupVolumes(pod);
  const network = networkOf(pod, context, dnsNameLabel);
  return {
    tags: podTags({ namespace: pod.namespace, name: pod.name, sidecars: sidecarsOf(pod) }),
    ...(identity && { identity }),
    ...(offered.zones && { zones: offered.zones }),
    properties: {
      ...offered.properties,
      osType: "Linux",
      restartPolicy: pod.restartPolicy,
      containers: exposing(groupContainers(pod, size), network.ipAddress),
      ...(initContainers.length > 0 && { initContainers }),
      ...(registryCredentials.length > 0 && { imageRegistryCredentials: registryCredentials }),
      ...network,
      ...(volumes.length > 0 && { volumes }),
      // Nobody has it in a Confidential group (azure-aci); those of Spot are in no subnet.
      ...(context.config.stats && offered.offer === "Standard" && { extensions: [realtimeMetrics] }),
    },
  };
}

function sidecarsOf({ containers }: ResolvedPod): readonly string[] {
  return containers.flatMap(({ kind, name }) => (kind === "sidecar" ? [name] : []));
}

function sizeRefusals({ group, disk: asked }: Size, offer: Offer): Refusal[] {
  const path = "spec.containers[].resources";
  const most = largest[offer];
  const machine =
    `The pod asks for ${group.cpu} vCPU and ${group.memoryInGB} GB of memory, and a ${offer === "Standard" ? "container" : offer} group has at most ` +
    `${most.cpu} and ${most.memoryInGB}.`;
  const space = `The pod asks for ${Math.ceil(asked / 2 ** 30)} GiB of disk, and a container group has ${disk / 2 ** 30}.`;
  return [
    ...(group.cpu > most.cpu || group.memoryInGB > most.memoryInGB ? [{ path, sentence: machine }] : []),
    ...(asked > disk ? [{ path, sentence: space }] : []),
  ];
}

function countRefusals(pod: ResolvedPod): Refusal[] {
  const { length } = pod.containers;
  const many = `A container group has at most ${mostContainers} containers, and the pod has ${length}.`;
  const long = `The names of the sidecars are kept in a tag, and come to more than ${longestTag} characters: shorten them.`;
  return [
    ...(length > mostContainers ? [{ path: "spec.containers", sentence: many }] : []),
    ...(joined(sidecarsOf(pod)).length > longestTag ? [{ path: "spec.initContainers[].name", sentence: long }] : []),
  ];
}
