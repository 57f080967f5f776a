import type { RuntimeFacts } from "../../runtime.ts";
import { ProviderError } from "../../../../../src/provider.ts";
import type { EngineInfo, EngineVersion } from "../api/shapes.ts";
import type { Flavour } from "../request/bodies.ts";
import { isArchitecture, type Architecture } from "../own-image/elf.ts";

/** Pure. `ephemeralStorage` is not among what an engine tells. */
export function engineFacts(
  info: EngineInfo,
  version: EngineVersion,
  known: { readonly ephemeralStorage: number; readonly taskAddresses: boolean },
): RuntimeFacts {
  return {
    cpu: info.NCPU,
    memory: info.MemTotal,
    ephemeralStorage: known.ephemeralStorage,
    osImage: [info.OperatingSystem, info.OSVersion].filter((part) => part !== undefined && part !== "").join(" "),
    kernelVersion: info.KernelVersion,
    containerRuntime: `docker://${version.Version}`,
    architecture: engineArchitecture(version),
    taskAddresses: known.taskAddresses,
  };
}

export function engineArchitecture(version: EngineVersion): Architecture {
  if (isArchitecture(version.Arch)) return version.Arch;
  const message = `the container engine's machine is ${version.Arch}; burstlet can use amd64 and arm64`;
  throw new ProviderError("invalid", "EngineArchitectureUnsupported", message);
}

export function engineFlavour(version: EngineVersion): Flavour {
  return version.Components?.some(({ Name }) => /podman/i.test(Name)) ? "podman" : "docker";
}

/** Pure. podman up to 4.3 tells what a container has received as sent and the other way round (containers/podman#16618). */
export function trafficSwapped(version: EngineVersion): boolean {
  const [major = 0, minor = 0] = version.Version.split(".").map(Number);
  return engineFlavour(version) === "podman" && (major < 4 || (major === 4 && minor <= 3));
}
