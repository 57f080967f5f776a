/** Command and variables of a container, and which of them a group cannot have. Pure. */
import {
  Late,
  type Refusal,
  type ResolvedContainer,
  type ResolvedPod,
  SecretText,
  type Text,
  type Written,
  writtenOf,
} from "../../../src/provider.ts";
import type { ContainerProperties, Variable } from "../request.ts";

type Words = Pick<ContainerProperties, "command" | "environmentVariables">;

/** Azure's `command` replaces entry point and arguments of the image together. */
export function wordsOf(pod: ResolvedPod, container: ResolvedContainer): Words {
  const { command, args = [] } = container;
  const words = command === undefined ? [] : [...command, ...args].filter((word) => typeof word === "string");
  const variables = variablesOf(pod, container).flatMap(({ name, value }): Variable[] => {
    if (value instanceof SecretText) return [{ name, secureValue: value }];
    return value instanceof Late ? [] : [{ name, value }];
  });
  return {
    ...(words.length > 0 && { command: words }),
    ...(variables.length > 0 && { environmentVariables: variables }),
  };
}

export function wordRefusals(pod: ResolvedPod): readonly Refusal[] {
  return pod.containers.flatMap((container) => {
    const { path } = writtenOf(pod.pod, container);
    const { command = [], args = [] } = container;
    return [
      ...variablesOf(pod, container).flatMap(({ name, value }) =>
        variableRefusals(`${path}.env (${name})`, name, value),
      ),
      ...spokenRefusals(`${path}.command`, command),
      ...spokenRefusals(`${path}.args`, args),
    ];
  });
}

const late = "Only the running group knows its address: let the program ask its own network interface.";
const fromFile = "It refers to a variable out of a file, and everything that a group is given is fixed before it runs.";
const spoken =
  "It holds a value of a Secret, and whoever may read container groups would see it: hand it over as a variable, which Azure keeps secret, or as a file.";
const badName =
  "Azure takes names of 1 to 63 letters, digits and underscores, with no underscore at either end: choose another name.";

/** Azure's page of naming rules; that an underscore may not stand at either end is not verified. */
const goodName = /^(?!_)\w{1,63}(?<!_)$/;

function variableRefusals(path: string, name: string, value: Text): Refusal[] {
  return [...(goodName.test(name) ? [] : [{ path, sentence: badName }]), ...lateRefusals(path, [value])];
}

function spokenRefusals(path: string, words: readonly Text[]): Refusal[] {
  return [...(words.some(hasSecret) ? [{ path, sentence: spoken }] : []), ...lateRefusals(path, words)];
}

function lateRefusals(path: string, values: readonly Text[]): Refusal[] {
  const lates = values.filter((value) => value instanceof Late);
  return [
    ...(lates.some((value) => value.files().length === 0) ? [{ path, sentence: late }] : []),
    ...(lates.some((value) => value.files().length > 0) ? [{ path, sentence: fromFile }] : []),
  ];
}

function hasSecret(value: Text): boolean {
  return (
    value instanceof SecretText || (value instanceof Late && value.parts.some((part) => part instanceof SecretText))
  );
}

/** Without those of services whose names Azure would not take: what Kubernetes adds by itself refuses no pod. */
function variablesOf(pod: ResolvedPod, container: ResolvedContainer): ResolvedContainer["env"] {
  const written = writtenOf(pod.pod, container);
  return container.env.filter(({ name }) => goodName.test(name) || !isServiceLink(name, written));
}

/** As the kubelet names them (pkg/kubelet/envvars), and neither in env nor possibly out of envFrom. */
function isServiceLink(name: string, { container: { env = [], envFrom = [] } }: Written): boolean {
  const isLink = /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
  return isLink.test(name) && envFrom.length === 0 && !env.some((one) => one.name === name);
}
