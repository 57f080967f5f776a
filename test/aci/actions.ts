/** Which action of Azure a request needs: its resource's type and, by its method, what is done with it. Pure. */

/** Names of an action's last part; a POST is an action of its own, which the path names. */
const verbs: Readonly<Record<string, string>> = { GET: "read", PUT: "write", PATCH: "write", DELETE: "delete" };

/** `path` from `/subscriptions` on; what comes after `?` is left out. */
export function actionOf(method: string, path: string): string {
  const type = typeOf((path.split("?")[0] ?? "").split("/").filter((step) => step !== ""));
  return method === "POST" ? `${type}/action` : `${type}/${verbs[method] ?? method}`;
}

/** In a path types and names alternate after each provider; the last provider's are what is meant. */
function typeOf(steps: readonly string[]): string {
  const at = steps.lastIndexOf("providers");
  const [provider, ...rest] = at < 0 ? ["Microsoft.Resources", ...steps] : steps.slice(at + 1);
  // A resource provider itself is a resource of the subscription.
  if (at >= 0 && rest.length === 0) return "Microsoft.Resources/subscriptions/providers";
  return [provider, ...rest.filter((_, index) => index % 2 === 0)].join("/");
}
