import { parseTime } from "../../../../src/provider.ts";
import type { ContainerKind } from "../../../../src/provider.ts";
import type { ContainerInspect } from "./api/shapes.ts";
import { labels } from "./names.ts";

/** One container of the engine as this room sees it. */
export interface Seen {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly kind: ContainerKind | "sandbox";
  /** Empty for the sandbox. */
  readonly container: string;
  readonly instance: number;
  /**
   * `lost`: it ran, and the engine does not know how it ended. That is podman after a reboot of its machine: the
   * container is `created` again but has a start time.
   */
  readonly state: "created" | "running" | "ended" | "lost";
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Why the engine could not start it; Docker remembers that. */
  readonly startError: string | undefined;
  readonly imageID: string;
  readonly stopSignal: string;
  readonly addresses: readonly string[];
  /** The engine's word for the state, to see whether a new inspection is worth it. */
  readonly status: string;
}

/** Pure. Docker: created running paused restarting removing exited dead; podman adds configured initialized stopping stopped. */
export function seenOf(inspect: ContainerInspect): Seen {
  const { State: state, Config: config } = inspect;
  const found = config.Labels ?? {};
  const startedAt = knownTime(state.StartedAt);
  const rough = roughState(state.Status);
  return {
    id: inspect.Id,
    labels: found,
    kind: (found[labels.kind] ?? "main") as Seen["kind"],
    container: found[labels.container] ?? "",
    instance: Number(found[labels.instance] ?? 0),
    state: rough === "created" && startedAt !== undefined ? "lost" : rough,
    startedAt,
    finishedAt: knownTime(state.FinishedAt),
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    startError: rough === "created" && state.Error !== "" ? state.Error : undefined,
    imageID: inspect.Image,
    stopSignal: stopSignal(config.StopSignal),
    addresses: addressesOf(inspect),
    status: state.Status,
  };
}

function roughState(status: string): "created" | "running" | "ended" {
  switch (status) {
    case "created":
    case "configured":
    case "initialized":
      return "created";
    case "running":
    case "paused":
    case "restarting":
    case "stopping":
      return "running";
    default:
      return "ended";
  }
}

/** Go's zero time stands for "not yet". */
function knownTime(text: string): number | undefined {
  const ms = parseTime(text);
  return ms === undefined || ms <= 0 ? undefined : ms;
}

/** podman writes the number. */
function stopSignal(configured: string | undefined): string {
  if (configured === undefined || configured === "" || configured === "15") return "SIGTERM";
  return configured;
}

function addressesOf(inspect: ContainerInspect): readonly string[] {
  const networks = Object.values(inspect.NetworkSettings?.Networks ?? {});
  const all = networks.flatMap((network) => [network.IPAddress, network.GlobalIPv6Address]);
  return all.filter((address) => address !== "" && address !== undefined);
}
