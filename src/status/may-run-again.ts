import type { Container, PodSpec } from "../model/kube.ts";
import type { ContainerKind } from "../model/task-state.ts";

/** What decides about another run of one container. */
export interface RestartPolicy {
  /** The container's own, else the pod's. */
  readonly restartPolicy: string;
  /** Those of the container, in order; the first that fits an exit code decides before the policy (KEP-5307). */
  readonly restartRules?: Container["restartPolicyRules"];
}

export function restartPolicyOf(spec: PodSpec | undefined, container: string): RestartPolicy {
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const found = all.find(({ name }) => name === container);
  // Rules mean something only together with a policy of the container's own: the API server asks for both.
  const restartRules = found?.restartPolicy === undefined ? undefined : found.restartPolicyRules;
  return { restartPolicy: found?.restartPolicy ?? spec?.restartPolicy ?? "Always", restartRules };
}

/**
 * Does the restart policy allow this container another run after this end? An unknown exit code counts as failure.
 * The API server refuses every status that leaves an end which this forbids to leave.
 */
export function mayRunAgain(kind: ContainerKind, policy: RestartPolicy, exitCode: number | undefined): boolean {
  switch (kind) {
    case "sidecar":
      return true;
    case "ephemeral":
      return false;
    case "init":
      // One that has succeeded has done its work for good.
      return exitCode !== 0 && allows(policy, exitCode);
    case "main":
      return allows(policy, exitCode);
  }
}

function allows({ restartPolicy, restartRules = [] }: RestartPolicy, exitCode: number | undefined): boolean {
  // As it is shown: 128 + SIGKILL.
  const code = exitCode ?? 137;
  const rule = restartRules.find(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(code) === true;
    return exitCodes?.operator === "NotIn" ? !listed : listed;
  });
  if (rule?.action === "Restart") return true;
  return restartPolicy === "Always" || (restartPolicy === "OnFailure" && code !== 0);
}
