import type { IncomingMessage } from "node:http";

import type { UserInfo } from "../../cluster/cluster.ts";
import type { Log } from "../../provider.ts";
import { text, type Answer } from "../answer.ts";
import { matchRoute, type Match } from "../routes.ts";
import type { Authenticate } from "./authn.ts";
import { verbOf, type Authorize } from "./authz.ts";

interface Admitted {
  readonly user: UserInfo;
  readonly route: Match;
  readonly query: URLSearchParams;
}

/** Who is it, may they, and does the path take this method? Every request passes here, upgrades too. */
export type Admit = (request: IncomingMessage) => Promise<Admitted | Answer>;

/** The refusals carry the kubelet's status codes and words. */
export function admission(options: {
  authenticate: Authenticate;
  authorize: Authorize;
  nodeName: string;
  log: Log;
}): Admit {
  const { authenticate, authorize, nodeName, log } = options;
  return async (request) => {
    const user = await authenticate(request);
    if (user === undefined) return text(401, "Unauthorized");

    const [path = "", search = ""] = (request.url ?? "").split(/\?(.*)/s);
    const method = request.method ?? "";
    const route = matchRoute(path);
    const verb = route.verb ?? verbOf(method);
    let allowed = false;
    for (const subresource of route.subresources) {
      try {
        allowed = await authorize(user, { verb, nodeName, subresource });
      } catch (err) {
        log.error("Access could not be reviewed", { err, user: user.username, verb, subresource });
        const about = `user=${user.username}, verb=${verb}, resource=nodes, subresource=${subresource}`;
        return text(500, `Authorization error (${about})`);
      }
      if (allowed) break;
    }
    if (!allowed) {
      log.info("Request to the kubelet API forbidden", { user: user.username, verb, subresources: route.subresources });
      const asked = `subresource(s)=[${route.subresources.join(" ")}]`;
      return text(403, `Forbidden (user=${user.username}, verb=${verb}, resource=nodes, ${asked})\n`);
    }
    if (route.methods.length > 0 && !route.methods.includes(method)) {
      return text(405, "Method Not Allowed", { Allow: route.methods.join(", ") });
    }
    return { user, route, query: new URLSearchParams(search) };
  };
}
