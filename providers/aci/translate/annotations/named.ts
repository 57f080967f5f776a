/** What a pod says by annotations, under our names or others', or every reason why it cannot be had. Pure. */
import { isGranted, type Refusal, type ResolvedPod } from "../../../../src/provider.ts";
import type { TranslateContext } from "../context.ts";
import { aliases, strangeRefusal } from "./aliases.ts";
import { forms, type Key, keys, podAnnotations, prefix } from "./forms.ts";

export interface Named {
  /** `undefined`: not said, or refused. */
  valuesOf(key: Key): readonly string[] | undefined;
  /** Where the pod says it: under what name. */
  pathOf(key: Key): string;
  readonly refusals: readonly Refusal[];
}

export function namedBy(pod: ResolvedPod, grants: TranslateContext["grants"]): Named {
  const found = new Map(keys.map((key) => [key, judged(pod, key, grants)]));
  return {
    valuesOf: (key) => found.get(key)?.values,
    pathOf: (key) => pathOf(found.get(key)?.name ?? podAnnotations[key]),
    refusals: [...unknownNames(pod), ...[...found.values()].flatMap(({ refusals }) => refusals), ...otherRefusals(pod)],
  };
}

interface Judged {
  readonly name: string;
  readonly values: readonly string[] | undefined;
  readonly refusals: readonly Refusal[];
}

function judged(pod: ResolvedPod, key: Key, grants: TranslateContext["grants"]): Judged {
  const [first, ...others] = written(pod, key);
  if (first === undefined) return { name: podAnnotations[key], values: undefined, refusals: [] };
  const { name, text } = first;
  const { fits, most, words, granted } = forms[key];
  const path = pathOf(name);
  const other = others.find((one) => one.text !== text);
  if (other !== undefined) {
    const sentence = `It says another thing than ${other.name}, which means the same: leave one of them.`;
    return { name, values: undefined, refusals: [{ path, sentence }] };
  }
  const values = text.split(",").map((value) => value.trim());
  if (values.length > most || !values.every(fits))
    return { name, values: undefined, refusals: [{ path, sentence: `Expected ${words}.` }] };
  const who = { namespace: pod.namespace, serviceAccount: pod.serviceAccountName || "default" };
  const refusals = (granted ? values : []).flatMap((id): Refusal[] => {
    if (isGranted(grants, who, id)) return [];
    const whom = `namespace ${who.namespace} or its service account ${who.serviceAccount}`;
    return [{ path, sentence: `No grant of the node's configuration allows ${id} to ${whom}.` }];
  });
  return { name, values, refusals };
}

/** Ours first, then the others' names of the same. */
function written({ annotations }: ResolvedPod, key: Key): readonly { readonly name: string; readonly text: string }[] {
  const own = annotations[podAnnotations[key]];
  const theirs = Object.entries(aliases).flatMap(([name, alias]) => {
    const text = annotations[name];
    return !("key" in alias) || alias.key !== key || text === undefined
      ? []
      : [{ name, text: (alias.value ?? String)(text) }];
  });
  return [...(own === undefined ? [] : [{ name: podAnnotations[key], text: own }]), ...theirs];
}

/** A misspelt one would otherwise run the pod without its identity. */
function unknownNames({ annotations }: ResolvedPod): Refusal[] {
  const known: readonly string[] = Object.values(podAnnotations);
  return Object.keys(annotations).flatMap((name) =>
    name.startsWith(prefix) && !known.includes(name)
      ? [{ path: pathOf(name), sentence: `Only ${known.join(", ")} mean something here.` }]
      : [],
  );
}

/** Of others' annotations that are no names of ours. */
function otherRefusals(pod: ResolvedPod): Refusal[] {
  return Object.entries(pod.annotations).flatMap(([name, text]) => {
    const alias = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
    const sentence = alias !== undefined && "refusal" in alias ? alias.refusal(text, pod) : strangeRefusal(name);
    return sentence === undefined ? [] : [{ path: pathOf(name), sentence }];
  });
}

function pathOf(annotation: string): string {
  return `metadata.annotations[${annotation}]`;
}
