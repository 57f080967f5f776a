/** How much ECS and Fargate take of one task. Checked before anything is launched. Pure. */
import { lengthOf, type Refusal, type ResolvedPod, writtenOf } from "../../../src/provider.ts";
import type { FargateRequest, StoredSecret } from "../request.ts";
import type { Injected } from "../files/injected.ts";
import type { StoreTraits } from "../secrets/stores/traits.ts";
import { environmentSize, type Width } from "./environment.ts";

/** Characters of all overrides of a RunTask, as JSON (ECS API reference, RunTask). */
const mostOverrides = 8_192;
/** Beyond it what may be in the definition is there: who counts the overrides' JSON may write it a little longer. */
const roomyOverrides = 7_800;
/** Bytes of a task definition (ECS service quotas: 64 KiB), less what ECS itself adds to each container. */
const mostDefinition = 60 * 1024;
/** Bytes of names and values: near 124 KB tasks fail to start (aws/containers-roadmap#1336). */
const mostEnvironment = 100_000;
/** Bytes of a secret of Secrets Manager (its quotas). */
const mostLogin = 65_536;
export const mostContainers = 10;
/** Characters of an image's name with a tag (ECS API reference, ContainerDefinition). */
const longestImage = 255;

/** Bytes by which the ARN of a secret may be longer than what stands in its place. */
const longerArn = 250;

/** Does as much fit there as this width puts there? */
export function fits(
  { definition, overrides }: Pick<FargateRequest, "definition" | "overrides">,
  width: Width,
): boolean {
  return width === "wide" ? characters(overrides) <= roomyOverrides : definitionBytes(definition) <= mostDefinition;
}

/** Do its files fit beside its variables? */
export function fitsVariables(pod: ResolvedPod, { size }: Injected): boolean {
  return environmentSize(pod) + size <= mostEnvironment;
}

export function budgetRefusals(
  pod: ResolvedPod,
  { definition, overrides, secrets }: Pick<FargateRequest, "definition" | "overrides" | "secrets">,
  injected: Injected | undefined,
  store: StoreTraits,
  hasBucket: boolean,
): readonly Refusal[] {
  const containers = definition.content.containerDefinitions?.length ?? 0;
  const helpers = containers - pod.containers.length;
  const refusals = [
    over(
      "spec.containers",
      containers,
      mostContainers,
      `containers${helpers > 0 ? " with burstlet's helper" : ""}${helpers > 1 ? "s" : ""}`,
    ),
    over(
      "spec",
      characters(overrides) + linksOf(secrets),
      mostOverrides,
      "characters of variables and arguments that differ by pod",
    ),
    over("spec", definitionBytes(definition), mostDefinition, `bytes of definition${store.hasKeys ? "" : references}`),
    over(
      injected === undefined ? "spec.containers[].env" : "spec.volumes",
      environmentSize(pod) + (injected?.size ?? 0),
      mostEnvironment,
      injected === undefined ? "bytes of variables" : "bytes of variables and files, which are compressed",
    ).map((refusal) => (injected === undefined ? refusal : withAdvice(refusal, pod, hasBucket))),
    secrets.flatMap((secret) => storeRefusals(secret, store, definition)),
  ];
  return [...refusals.flat(), ...imageRefusals(pod)];
}

/** Characters of the links that the launch adds: a signature, and the token of temporary credentials. */
const linksOf = (secrets: FargateRequest["secrets"]): number =>
  secrets.filter(({ is }) => is === "object").length * mostLink;
const mostLink = 2_500;

const references = ", in which Parameter Store takes a reference for each variable and for 4 KB of secret files";

/** Logins are where ECS reads them from, whatever is configured. */
function storeRefusals(
  { content: kept, is, ref }: StoredSecret,
  { most, name, hasKeys, takesEmpty }: StoreTraits,
  definition: FargateRequest["definition"],
): Refusal[] {
  const path = "spec.containers[].env";
  const content = kept.reveal();
  if (is === "object") return [];
  if (is === "login") return over("spec.imagePullSecrets", Buffer.byteLength(content), mostLogin, "bytes of one login");
  const whose = hasKeys ? "of all secret variables of a pod" : `of one value, that of ${variablesOf(ref, definition)}`;
  const otherwise = hasKeys
    ? ""
    : ", or have them in Secrets Manager: fargate.secrets.store: secretsManager of the node";
  if (content === "" && !takesEmpty) {
    const sentence = `${name} keeps no empty value, that of ${variablesOf(ref, definition)}: leave the variable out${otherwise}.`;
    return [{ path, sentence }];
  }
  const size = Buffer.byteLength(content);
  if (size <= most) return [];
  const sentence = `${name} takes at most ${number(most)} bytes ${whose}, and these are ${number(size)}: make them smaller${otherwise}.`;
  return [{ path, sentence }];
}

/** Which variables have this value, in words. */
function variablesOf(ref: string, { content }: FargateRequest["definition"]): string {
  const all = (content.containerDefinitions ?? []).flatMap(({ name, secrets = [] }) =>
    secrets.filter(({ valueFrom }) => valueFrom === ref).map((one) => `${one.name} in container ${name}`),
  );
  return all.join(" and ");
}

function characters(overrides: FargateRequest["overrides"]): number {
  return JSON.stringify(overrides).length;
}

function definitionBytes({ content, family }: FargateRequest["definition"]): number {
  const values = (content.containerDefinitions ?? []).reduce((sum, { secrets = [] }) => sum + secrets.length, 0);
  return Buffer.byteLength(JSON.stringify({ ...content, family })) + values * longerArn;
}

/** Names the largest volume. What is secret never goes into the bucket. */
function withAdvice({ path, sentence }: Refusal, { volumes }: ResolvedPod, hasBucket: boolean): Refusal {
  const sizes = volumes
    .flatMap((volume) => (volume.kind === "files" ? [volume] : []))
    .map(({ name, files }) => ({ name, length: files.reduce((sum, { content }) => sum + lengthOf(content), 0), files }))
    .toSorted((a, b) => b.length - a.length);
  const [largest] = sizes;
  const words =
    largest === undefined
      ? ""
      : ` The largest is volume ${largest.name} with ${number(largest.length)} characters before that.`;
  const isPlain = sizes.some(({ files }) => files.some(({ content }) => typeof content === "string"));
  const advice = " Files that are not secret may be larger where the node has a bucket of S3: fargate.files.bucket.";
  return { path, sentence: `${sentence}${words}${isPlain && !hasBucket ? advice : ""}` };
}

function over(path: string, found: number, most: number, what: string): Refusal[] {
  return found <= most
    ? []
    : [{ path, sentence: `A task has at most ${number(most)} ${what}, this one ${number(found)}.` }];
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function imageRefusals(pod: ResolvedPod): Refusal[] {
  return pod.containers.flatMap((container) => {
    const { image } = container;
    const path = `${writtenOf(pod.pod, container).path}.image`;
    return image.includes("@") ? [] : over(path, image.length, longestImage, "characters of an image's name");
  });
}
