/** Who pulls images: the node's identity, or the pod's pull secrets. Pure. */
import { credentialsFor, Late, type Refusal, type ResolvedPod } from "../../../src/provider.ts";
import type { RegistryCredential } from "../request.ts";
import type { TranslateContext } from "./context.ts";

/** One credential for each registry that the pod's images come from: the node's identity, or the best of the pull secrets. */
export function registriesOf(
  { containers, pullCredentials }: ResolvedPod,
  identities: TranslateContext["config"]["registries"],
): { readonly credentials: readonly RegistryCredential[]; readonly refusals: readonly Refusal[] } {
  const images = [...new Set(containers.map(({ image }) => image))];
  const found = images.flatMap((image): RegistryCredential[] => {
    const server = serverOf(image);
    const own = identities.find((one) => one.server === server);
    if (own !== undefined) return [{ server, identity: own.identity }];
    const [best] = credentialsFor(image, pullCredentials);
    if (best === undefined || best.password instanceof Late) return [];
    return [{ server, username: best.username, password: best.password }];
  });
  const byServer = Map.groupBy(found, ({ server }) => server);
  const refusals = [...byServer].flatMap(([server, all]): Refusal[] => {
    const isOne = all.every((one) => JSON.stringify(shownOf(one)) === JSON.stringify(shownOf(all[0])));
    const sentence = `Azure takes one credential for ${server}, and the images need different ones: use one that may pull all.`;
    return isOne ? [] : [{ path: "spec.imagePullSecrets", sentence }];
  });
  return { credentials: [...byServer.values()].flatMap(([first]) => first ?? []), refusals };
}

/** Whose credential it is: two secrets with one user are taken for the same. */
function shownOf(one: RegistryCredential | undefined): unknown {
  return one !== undefined && "identity" in one ? one.identity : one?.username;
}

/** The registry of an image as Azure wants it, without scheme and path. Docker Hub's is `index.docker.io`. */
export function serverOf(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return isHost && first !== "docker.io" ? first : "index.docker.io";
}
