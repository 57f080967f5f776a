/** Which NetworkPolicies select a pod (networking.k8s.io/v1: those of its namespace whose podSelector fits its labels). Pure. */
import type { NetworkPolicy, Pod } from "../../model/kube.ts";

type Selector = NonNullable<NonNullable<NetworkPolicy["spec"]>["podSelector"]>;
type Labels = Readonly<Record<string, string>>;

/** Their names, sorted. */
export function policiesOf(pod: Pod, policies: readonly NetworkPolicy[]): readonly string[] {
  const { namespace, labels = {} } = pod.metadata ?? {};
  return policies
    .filter(({ metadata, spec }) => metadata?.namespace === namespace && fits(spec?.podSelector ?? {}, labels))
    .map(({ metadata }) => metadata?.name ?? "")
    .toSorted();
}

/** An empty selector fits everything (metav1.LabelSelector). */
function fits({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
        default:
          // What nobody knows yet: better told too often.
          return true;
      }
    })
  );
}
