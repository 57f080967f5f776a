import type { Pod } from "../../model/kube.ts";
import type { Answer } from "../../probes/probes.ts";
import { createMeters } from "./meters.ts";
import { metricNames } from "./names.ts";

export interface ProbeMetrics {
  /** One question of a probe was answered. */
  probed(pod: Pod, answer: Answer): void;
  /** Nothing of this pod is probed any more: its series end. */
  unprobed(podUid: string): void;
  /** Prometheus text of `/metrics/probes`. */
  text(): Promise<string>;
}

type Labels = Readonly<Record<"probe_type" | "container" | "pod" | "namespace", string>>;

/** What the probes of one node have found, by container: as many series as there are probes, for as long as they run. */
export function createProbeMetrics(): ProbeMetrics {
  const { meters, registry } = createMeters(metricNames.probes);
  const { prober_probe_total: total, prober_probe_duration_seconds: duration } = meters;
  /** By pod uid. */
  const known = new Map<string, Map<string, Labels>>();

  return {
    probed({ metadata: { name: pod = "", namespace = "" } = {} }, { podUid, container, probe, outcome, seconds }) {
      // As the kubelet: a question that could not be asked counts nowhere, and only a success is timed.
      if (outcome.result === "error") return;
      const probe_type = `${probe.kind.charAt(0).toUpperCase()}${probe.kind.slice(1)}`;
      const labels = { probe_type, container, pod, namespace };
      const series = known.get(podUid) ?? new Map<string, Labels>();
      known.set(podUid, series.set(`${container}/${probe_type}`, labels));
      const failed = outcome.result === "failure";
      total.inc({ ...labels, pod_uid: podUid, result: failed ? "failed" : "successful" });
      if (!failed) duration.observe(labels, seconds);
    },
    unprobed(podUid) {
      for (const labels of known.get(podUid)?.values() ?? []) {
        for (const result of ["failed", "successful"]) total.remove({ ...labels, pod_uid: podUid, result });
        duration.remove(labels);
      }
      known.delete(podUid);
    },
    text: () => registry.metrics(),
  };
}
