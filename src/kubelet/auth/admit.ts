import type { IncomingMessage } from "node:http";

import type { UserInfo } from "../../cluster/cluster.ts";
import type { Log } from "../../provider.ts";
import { text, type Answer } from "../answer.ts";
import type { Direct } from "../destination.ts";
import type { HandlerContext } from "../handler.ts";
import type { Match } from "../routes.ts";
import type { Authenticate } from "./authn.ts";
import { verbOf, type Authorize } from "./authz.ts";

interface Admitted {
  readonly user: UserInfo;
  /** The virtual node that was asked. */
  readonly node: HandlerContext;
  readonly route: Match;
  readonly query: URLSearchParams;
}

/** Who is it, which node do they ask, may they, and does the path take this method? Every request passes here, upgrades too. */
export type Admit = (request: IncomingMessage) => Promise<Admitted | Answer>;

/** The refusals carry the kubelet's status codes and words. */
export function admission(options: {
  authenticate: Authenticate;
  authorize: Authorize;
  direct: Direct;
  log: Log;
}): Admit {
  const { authenticate, authorize, direct, log } = options;

  /** `undefined`: allowed. */
  const refusal = async (user: UserInfo, verb: string, route: Match, nodeName: string): Promise<Answer | undefined> => {
    const { subresources } = route;
    const asked = `user=${user.username}, verb=${verb}, resource=nodes`;
    for (const subresource of subresources) {
      try {
        if (await authorize(user, { verb, nodeName, subresource })) return undefined;
      } catch (err) {
        log.error("Access could not be reviewed", { err, user: user.username, verb, subresource });
        return text(500, `Authorization error (${asked}, subresource=${subresource})`);
      }
    }
    log.info("Request to the kubelet API forbidden", { user: user.username, verb, subresources, asked: nodeName });
    return text(403, `Forbidden (${asked}, subresource(s)=[${subresources.join(" ")}])\n`);
  };

  return async (request) => {
    const user = await authenticate(request);
    if (user === undefined) return text(401, "Unauthorized");

    const [path = "", search = ""] = (request.url ?? "").split(/\?(.*)/s);
    const method = request.method ?? "";
    const destination = direct(path);
    const { route } = destination;
    const verb = route.verb ?? verbOf(method);
    for (const nodeName of "node" in destination ? [destination.node.nodeName] : destination.nodeNames) {
      const refused = await refusal(user, verb, route, nodeName);
      if (refused !== undefined) return refused;
    }
    if (route.methods.length > 0 && !route.methods.includes(method)) {
      return text(405, "Method Not Allowed", { Allow: route.methods.join(", ") });
    }
    if ("answer" in destination) return destination.answer;
    return { user, node: destination.node, route, query: new URLSearchParams(search) };
  };
}
