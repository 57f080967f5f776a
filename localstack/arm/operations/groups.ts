import type { Work } from "../account.ts";
import { transitioning } from "../errors.ts";
import { groupPicture } from "../group/picture.ts";
import { groupId, sameName } from "../ids.ts";
import { tagsInput } from "../input/group.ts";
import { readBody } from "../input/read.ts";
import { groupOf, operationUrl, placeOf } from "./place.ts";

export const getGroup: Work = (account, request) => {
  const { record } = groupOf(account, request);
  return { status: 200, body: groupPicture(record, "get", account.scenario.now.switches.azure) };
};

/** Of a resource group, or of all: without instanceView, as recorded. */
export const listGroups: Work = ({ groups, scenario }, { path, query, base }) => {
  const { resourceGroup, subscription = "" } = path;
  const { azure, switches } = scenario.now;
  const records = groups.visible
    .map(({ record }) => record)
    .filter((record) => resourceGroup === undefined || sameName(record.resourceGroup, resourceGroup));
  const from = Number(query.get("$skiptoken") ?? 0);
  const to = from + azure.pageSize;
  const where = resourceGroup === undefined ? "" : `/resourceGroups/${resourceGroup}`;
  const next = `${base}/subscriptions/${subscription}${where}/providers/Microsoft.ContainerInstance/containerGroups?api-version=${query.get("api-version")}&$skiptoken=${to}`;
  return {
    status: 200,
    body: {
      value: records.slice(from, to).map((record) => groupPicture(record, "list", switches.azure)),
      ...(to < records.length && { nextLink: next }),
    },
  };
};

/** Changes the tags alone, at once; that it starts nothing anew is not verified. */
export const patchGroup: Work = (account, request) => {
  const life = groupOf(account, request);
  const { record } = life;
  record.tags = readBody(tagsInput, request.body, "tags").tags;
  if (account.scenario.now.switches.azure.patch === "restarts") void life.renew("Updating");
  return { status: 200, body: groupPicture(record, "put", account.scenario.now.switches.azure) };
};

export const deleteGroup: Work = (account, request) => {
  const { groups, scenario, ledger, clock } = account;
  const place = placeOf(request);
  const life = groups.find(place);
  const { azure } = scenario.now.switches;
  const write = (outcome: "deleting" | "absent" | "refused"): void => {
    const { uid = "", tags = {} } = life?.record ?? {};
    ledger.write({ at: clock.now(), event: "group delete", outcome, group: groupId(place), uid, tags });
  };
  if (life === undefined || life.record.deleted) {
    write("absent");
    return { status: 204 };
  }
  const { record } = life;
  const isOnItsWay = record.provisioning === "Pending" || record.provisioning === "Creating";
  if (isOnItsWay && azure.transition === "refused") {
    write("refused");
    throw transitioning(record.name);
  }
  write("deleting");
  const body = groupPicture(record, "get", azure);
  record.operation = groups.operate(record);
  const location = operationUrl(request.base, record.operation, "operationresults");
  void groups.remove(life);
  return azure.deleteAnswer === "200"
    ? { status: 200, body }
    : { status: 202, headers: { location, "retry-after": "1" } };
};
