/** Values that cannot be given to a task: secret arguments, and what only the task knows. Pure. */
import {
  Late,
  type Refusal,
  type ResolvedPod,
  type Text,
  type RawContainer,
  writtenOf,
} from "../../../src/provider.ts";
import { isSecret } from "../files/archive.ts";
import { isConfided } from "../secrets/variables.ts";

const secret =
  "It holds a value of a Secret, and whoever may describe tasks could read it: let the program read the variable itself.";
const late =
  "Only the running task knows its address: let the program read it from $ECS_CONTAINER_METADATA_URI_V4/task.";

const fromFile = "It refers to a variable out of a file, and everything that a task is given is fixed before it runs.";

export function valueRefusals(pod: ResolvedPod): readonly Refusal[] {
  return pod.containers.flatMap((container) => {
    const { container: raw, path } = writtenOf(pod.pod, container);
    const { env, command = [], args = [] } = container;
    return [
      ...env.flatMap(({ name, value }) =>
        isConfided(value) || isToldByTable(raw, name) ? [] : refusalsOf(`${path}.env (${name})`, [value]),
      ),
      ...refusalsOf(`${path}.command`, command),
      ...refusalsOf(`${path}.args`, args),
    ];
  });
}

function refusalsOf(path: string, values: readonly Text[]): Refusal[] {
  return [
    ...(values.some(isSecret) ? [{ path, sentence: secret }] : []),
    ...(values.some((value) => value instanceof Late && value.files().length === 0) ? [{ path, sentence: late }] : []),
    ...(values.some((value) => value instanceof Late && value.files().length > 0)
      ? [{ path, sentence: fromFile }]
      : []),
  ];
}

/** The support table sees in the spec alone where a variable comes from. */
function isToldByTable({ env = [] }: RawContainer, name: string): boolean {
  const { fileKeyRef, fieldRef } = env.findLast((one) => one.name === name)?.valueFrom ?? {};
  return fileKeyRef !== undefined || isPodAddress(fieldRef?.fieldPath);
}

/** The fields that no cloud can fill in before the task runs. A host's address may be known: the node's own. */
export function isPodAddress(fieldPath: unknown): boolean {
  return fieldPath === "status.podIP" || fieldPath === "status.podIPs";
}
