/** Tests that fail, by their names, each with the reason in one sentence. A test that fails without one fails the run. */
export const knownFailures: ReadonlyMap<string, string> = new Map([
  [
    "[sig-node] KubeletManagedEtcHosts should test kubelet managed /etc/hosts file [NodeConformance] [Conformance]",
    "The test's pods mount a file of the host and share its network: both are refused.",
  ],
]);
