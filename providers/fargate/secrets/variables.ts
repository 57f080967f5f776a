/** Secret variables of a pod's containers and logins to registries, as secrets of Secrets Manager. Pure. */
import type { Secret } from "@aws-sdk/client-ecs";
import {
  credentialsFor,
  type ResolvedContainer,
  type ResolvedPod,
  SecretText,
  type Text,
} from "../../../src/provider.ts";
import { keyMark, type StoredSecret } from "../request.ts";
import type { StoreTraits } from "./stores/traits.ts";

/** What secret variables of a pod are kept as: one, because AWS charges for each, or where none can be picked out of one, each its own. */
const variablesRef = "variables";

export interface Confided {
  readonly stored: readonly StoredSecret[];
  /** By container. */
  readonly secrets: ReadonlyMap<string, readonly Secret[]>;
  /** Of the registry that the container's image comes from: what a StoredSecret goes by. */
  readonly logins: ReadonlyMap<string, string>;
}

export function confidedOf(pod: ResolvedPod, { hasKeys }: Pick<StoreTraits, "hasKeys">): Confided {
  const values: SecretText[] = [];
  const keyOf = (value: SecretText): string => {
    const known = values.findIndex((one) => one.reveal() === value.reveal());
    return `v${known >= 0 ? known : values.push(value) - 1}`;
  };
  const secrets = new Map(
    pod.containers.map(({ name, env }) => [
      name,
      env.flatMap(({ name: variable, value }): Secret[] =>
        isConfided(value)
          ? [{ name: variable, valueFrom: `${variablesRef}${hasKeys ? keyMark : "/"}${keyOf(value)}` }]
          : [],
      ),
    ]),
  );
  const { stored, logins } = loginsOf(pod);
  return {
    stored: [...(hasKeys ? bundled(values) : single(values)), ...stored],
    secrets,
    logins,
  };
}

function bundled(values: readonly SecretText[]): readonly StoredSecret[] {
  if (values.length === 0) return [];
  const bundle = JSON.stringify(Object.fromEntries(values.map((value, index) => [`v${index}`, value.reveal()])));
  return [{ ref: variablesRef, content: new SecretText(bundle) }];
}

function single(values: readonly SecretText[]): readonly StoredSecret[] {
  return values.map((content, index) => ({ ref: `${variablesRef}/v${index}`, content }));
}

/** A secret that is whole before the task runs; what only the task knows is refused elsewhere. */
export function isConfided(value: Text): value is SecretText {
  return value instanceof SecretText;
}

/** ECS takes one login for an image: the one that the kubelet would try first. Images of ECR are pulled with the execution role. */
function loginsOf(pod: ResolvedPod): Pick<Confided, "stored" | "logins"> {
  const stored: StoredSecret[] = [];
  const logins = new Map<string, string>();
  for (const { name, image } of pod.containers) {
    const [credential] = isOfEcr(image) ? [] : credentialsFor(image, pod.pullCredentials);
    if (credential === undefined) continue;
    const { username, password } = credential;
    if (typeof password === "object" && !(password instanceof SecretText)) continue;
    const secret = typeof password === "string" ? password : password.reveal();
    const content = JSON.stringify({ username, password: secret });
    const known = stored.find((one) => one.content.reveal() === content);
    const ref = known?.ref ?? `logins/${stored.length}`;
    if (known === undefined) stored.push({ ref, content: new SecretText(content), is: "login" });
    logins.set(name, ref);
  }
  return { stored, logins };
}

function isOfEcr(image: ResolvedContainer["image"]): boolean {
  return /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\//.test(image);
}
