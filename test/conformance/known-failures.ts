/** Tests that fail, by their names, each with the reason in one sentence. A test that fails without one fails the run. */
const resize =
  "Resources of a container that runs are not changed in place yet, and its status tells none (its containers' status.resources).";

export const knownFailures: ReadonlyMap<string, string> = new Map([
  [
    "[sig-node] ImageVolume should succeed with pod and pull policy of Always [LinuxOnly] [MinimumKubeletVersion:1.35] [Conformance]",
    "Image volumes are refused: the engine's API has none.",
  ],
  [
    "[sig-node] Kubelet when scheduling an agnhost Pod with hostAliases should write entries to /etc/hosts [NodeConformance] [Conformance]",
    "The engine writes /etc/hosts, with a line for each name of an alias; the test wants all its names in one line.",
  ],
  [
    "[sig-node] KubeletManagedEtcHosts should test kubelet managed /etc/hosts file [NodeConformance] [Conformance]",
    "The test's pods mount a file of the host and share its network: both are refused.",
  ],
  ...[
    "burstable pods - extended 6 containers - various operations performed (including adding limits and requests)",
    "burstable pods - extended resize with equivalents",
    "guaranteed pods with multiple containers 3 containers - increase cpu & mem on c1, c2, decrease cpu & mem on c3 - net increase",
    "guaranteed pods with multiple containers 3 containers - increase cpu & mem on c1, decrease cpu & mem on c2, c3 - net decrease",
    "guaranteed pods with multiple containers 3 containers - increase: CPU (c1,c3), memory (c2, c3) ; decrease: CPU (c2)",
    "resize pod via the replace endpoint",
  ].map((name): [string, string] => [
    `[sig-node] Pod InPlace Resize Container ${name} [MinimumKubeletVersion:1.34] [Conformance]`,
    resize,
  ]),
]);
