/** A pod's securityContext in Azure's words. What it cannot do is refused by the support table. Pure. */
import type { Pod, RawContainer } from "../../../src/provider.ts";
import type { SecurityBody } from "../request.ts";

/** A container's own settings come before the pod's; each field for itself. `undefined`: nothing is asked for. */
export function securityOf({ spec }: Pod, { securityContext: own = {} }: RawContainer): SecurityBody | undefined {
  const { securityContext: shared = {} } = spec ?? {};
  const user = own.runAsUser ?? shared.runAsUser;
  const group = own.runAsGroup ?? shared.runAsGroup;
  const { allowPrivilegeEscalation, capabilities: { add = [], drop = [] } = {} } = own;
  const capabilities = { ...(add.length > 0 && { add }), ...(drop.length > 0 && { drop }) };
  const found: SecurityBody = {
    ...(user !== undefined && { runAsUser: user }),
    ...(group !== undefined && { runAsGroup: group }),
    ...(allowPrivilegeEscalation !== undefined && { allowPrivilegeEscalation }),
    ...(Object.keys(capabilities).length > 0 && { capabilities }),
  };
  return Object.keys(found).length > 0 ? found : undefined;
}
