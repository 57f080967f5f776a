import type { ScenarioBox } from "../scenario/box.ts";
import type { Gate } from "../server/gate.ts";
import { queryService } from "../server/query.ts";
import type { Service } from "../server/service.ts";

/** STS: who one is. Everybody is the same user. */
export function stsService(scenario: ScenarioBox, gate: Gate, requestId: () => string): Service {
  return queryService({
    name: "sts",
    dialect: "query",
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    gate,
    requestId,
    operations: {
      GetCallerIdentity() {
        const { account } = scenario.now;
        return { Arn: `arn:aws:iam::${account}:user/burstlet`, UserId: "AIDASTANDINBURSTLET01", Account: account };
      },
    },
  });
}
