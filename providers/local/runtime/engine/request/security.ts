/** A container's security settings in the engine's words. Pure. */
import { ProviderError } from "../../../../../src/provider.ts";
import type { SecuritySpec, TaskSpec } from "../../runtime.ts";

/** Must the image's own user be known to say who the container runs as? */
export function needsImageUser({ user, group, nonRoot }: SecuritySpec): boolean {
  return user === undefined && (nonRoot || group !== undefined);
}

/**
 * `User` of the container; `undefined`: the image's. `imageUser` as in the image's configuration. Throws in the kubelet's
 * words (pkg/kubelet/kuberuntime/security_context.go) where root is forbidden and cannot be excluded.
 */
export function userOf(
  { user, group, nonRoot }: SecuritySpec,
  imageUser: string,
  where: { readonly spec: TaskSpec; readonly container: string },
): string | undefined {
  const [named = ""] = imageUser.split(":");
  if (nonRoot) refuseRoot(user, named, where);
  const own = user === undefined ? undefined : String(user);
  // An engine looks up the group of a user without one in the image's /etc/passwd, as the kubelet's runtimes do.
  if (group === undefined) return own;
  return `${own ?? (named === "" ? "0" : named)}:${group}`;
}

function refuseRoot(
  user: number | undefined,
  image: string,
  { spec, container }: { readonly spec: TaskSpec; readonly container: string },
): void {
  const place = `(pod: "${spec.podName}_${spec.podNamespace}(${spec.identity.podUid})", container: ${container})`;
  if (user === 0) throw refused(`container's runAsUser breaks non-root policy ${place}`);
  if (user !== undefined) return;
  if (image === "" || Number(image) === 0)
    throw refused(`container has runAsNonRoot and image will run as root ${place}`);
  if (!/^\d+$/.test(image)) {
    throw refused(
      `container has runAsNonRoot and image has non-numeric user (${image}), cannot verify user is non-root ${place}`,
    );
  }
}

function refused(message: string): ProviderError {
  return new ProviderError("invalid", "CreateContainerConfigError", message);
}

/** Fields of HostConfig. */
export function securityOptions(security: SecuritySpec | undefined): object {
  if (security === undefined) return {};
  const { groups, readOnlyRoot, addCapabilities, dropCapabilities, privileged, noNewPrivileges, unconfined } = security;
  const options = [
    ...(noNewPrivileges ? ["no-new-privileges"] : []),
    // A privileged container has no filter anyway.
    ...(unconfined && !privileged ? ["seccomp=unconfined"] : []),
    ...(security.seLinux ?? []).map((part) => `label=${part}`),
  ];
  return {
    ...(groups.length > 0 && { GroupAdd: groups.map(String) }),
    ...(readOnlyRoot && { ReadonlyRootfs: true }),
    ...(addCapabilities.length > 0 && { CapAdd: addCapabilities }),
    ...(dropCapabilities.length > 0 && { CapDrop: dropCapabilities }),
    ...(privileged && { Privileged: true }),
    ...(options.length > 0 && { SecurityOpt: options }),
  };
}
