import type { ScenarioBox } from "../scenario/box.ts";
import type { Gate } from "../server/gate.ts";
import { queryService } from "../server/query.ts";
import { ApiError, type Service } from "../server/service.ts";

/** Whom a role of a scenario trusts. */
const trustOf = (service: string) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
});

/** IAM: the roles of the scenario, each with the path `/`. Everybody may do everything with them, but pass some. */
export function iamService(scenario: ScenarioBox, gate: Gate, requestId: () => string): Service {
  return queryService({
    name: "iam",
    dialect: "query",
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    gate,
    requestId,
    operations: {
      GetRole(form) {
        const { RoleName: name = "" } = form as Readonly<Record<string, string>>;
        const { roles, infrastructureRoles } = scenario.now;
        if (![...roles, ...infrastructureRoles].includes(name)) {
          throw new ApiError("NoSuchEntity", `The role with name ${name} cannot be found.`, 404);
        }
        return {
          Role: {
            Path: "/",
            RoleName: name,
            RoleId: "AROASTANDINBURSTLET01",
            Arn: `arn:aws:iam::${scenario.now.account}:role/${name}`,
            CreateDate: "2026-01-02T03:04:05Z",
            AssumeRolePolicyDocument: encodeURIComponent(
              JSON.stringify(trustOf(roles.includes(name) ? "ecs-tasks.amazonaws.com" : "ecs.amazonaws.com")),
            ),
            MaxSessionDuration: 3600,
          },
        };
      },
      SimulatePrincipalPolicy(form) {
        const entries = Object.entries(form as Readonly<Record<string, string>>);
        const under = (list: string): string[] =>
          entries.filter(([name]) => name.startsWith(`${list}.member.`)).map(([, value]) => value);
        const { roles, infrastructureRoles, unpassable } = scenario.now;
        const known = (arn: string): boolean => {
          const name = arn.slice(arn.lastIndexOf("/") + 1);
          return [...roles, ...infrastructureRoles].includes(name) && !unpassable.includes(name);
        };
        return {
          EvaluationResults: under("ActionNames").flatMap((EvalActionName) =>
            under("ResourceArns").map((EvalResourceName) => ({
              EvalActionName,
              EvalResourceName,
              EvalDecision: known(EvalResourceName) ? "allowed" : "implicitDeny",
            })),
          ),
          IsTruncated: false,
        };
      },
    },
  });
}
