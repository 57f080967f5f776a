/** The function that a pod names, if a grant of the node's configuration allows it. Pure. */
import { isGranted, type ProviderContext, type Refusal, type ResolvedPod } from "../../../src/provider.ts";
import { grantsNothing } from "../no-grants.ts";
import { type FunctionName, podAnnotations, prefix } from "../request.ts";

const scheme = "lambda://";
const form =
  /^(?<name>(?:arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[\w-]{1,140})(?::(?<qualifier>\$LATEST|[\w-]{1,128}))?$/;

export interface Named {
  readonly function: FunctionName;
  readonly refusals: readonly Refusal[];
}

/** Without any grants the launch waits for them. */
export function functionNamed(pod: ResolvedPod, grants: ProviderContext["grants"]): Named {
  const image = pod.containers[0]?.image ?? "";
  const byAnnotation = pod.annotations[podAnnotations.function];
  const byImage = image.startsWith(scheme) ? image.slice(scheme.length) : undefined;
  const text = byAnnotation ?? byImage;
  const path = byAnnotation === undefined ? "spec.containers[0].image" : pathOf(podAnnotations.function);
  const refused = (sentence: string): Named => ({
    function: { name: "", qualifier: undefined },
    refusals: [{ path, sentence }],
  });
  if (text === undefined)
    return refused(
      `No function is named: a pod here is one invocation, of ${scheme}name[:qualifier] as its image or of the annotation ${podAnnotations.function}.`,
    );
  if (byImage !== undefined && byImage !== text)
    return refused(`The image names another function (${byImage}) than the annotation (${text}): keep one of them.`);
  const name = nameIn(text);
  if (name === undefined) return refused("Expected name[:qualifier], or the ARN of a function.");
  const who = { namespace: pod.namespace, serviceAccount: pod.serviceAccountName || "default" };
  if (!grantsNothing(grants) && !isGranted(grants, who, text))
    return refused(
      `No grant of the node's configuration allows function ${text} to namespace ${who.namespace} or its service account ${who.serviceAccount}. ` +
        `Who configures the node adds it as it is written here: grants: [{ namespace: ${who.namespace}, allow: ["${text}"] }].`,
    );
  return { function: name, refusals: [] };
}

/** `name[:qualifier]`, or an ARN; `undefined`: neither. */
export function nameIn(text: string): FunctionName | undefined {
  const { name, qualifier } = form.exec(text)?.groups ?? {};
  return name === undefined ? undefined : { name, qualifier };
}

/** A misspelt one would otherwise be without effect. */
export function annotationRefusals({ annotations }: ResolvedPod): readonly Refusal[] {
  const known: readonly string[] = Object.values(podAnnotations);
  const secrets = annotations[podAnnotations.secrets];
  return [
    ...Object.keys(annotations).flatMap((name) =>
      name.startsWith(prefix) && !known.includes(name)
        ? [{ path: pathOf(name), sentence: `Only ${known.join(", ")} mean something here.` }]
        : [],
    ),
    ...(secrets === undefined || secrets === "payload"
      ? []
      : [{ path: pathOf(podAnnotations.secrets), sentence: "Expected payload." }]),
  ];
}

export function pathOf(annotation: string): string {
  return `metadata.annotations[${annotation}]`;
}
