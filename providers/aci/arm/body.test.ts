import { describe, expect, test } from "vitest";
import { podWith } from "../../../test/support/resolve-sources.ts";
import { inSubnet, requestOf, subnet } from "../translate/testing.ts";
import { placeOf, putBody } from "./body.ts";

const identity = { clusterUid: "cluster", podUid: "uid-1", attempt: 3 };
const who = { identity, nodeName: "aci-1" };

describe("the body of the PUT", () => {
  test("has the secrets, files as base64, the subnet, the region and whose it is", async () => {
    const world = {
      secrets: { s: { data: { password: "hunter2", bytes: Buffer.from([0xff, 0xfe]) } } },
    };
    const pod = podWith(
      {
        env: [{ name: "PASSWORD", valueFrom: { secretKeyRef: { name: "s", key: "password" } } }],
        volumeMounts: [{ name: "s", mountPath: "/s" }],
      },
      { volumes: [{ name: "s", secret: { secretName: "s" } }] },
    );
    const request = await requestOf(pod, { config: inSubnet, world });
    expect(putBody(request, placeOf(request, 1, 1), who)).toMatchObject({
      location: "westeurope",
      tags: {
        "burstlet-pod": "web",
        "burstlet-cluster": "cluster",
        "burstlet-node": "aci-1",
        "burstlet-pod-uid": "uid-1",
        "burstlet-attempt": "3",
      },
      properties: {
        restartPolicy: "Always",
        subnetIds: [{ id: subnet("groups") }],
        containers: [{ properties: { environmentVariables: [{ name: "PASSWORD", secureValue: "hunter2" }] } }],
        volumes: [{ secret: { password: Buffer.from("hunter2").toString("base64"), bytes: "//4=" } }],
      },
    });
  });

  test("is for the next place with each try, from the first again after the last", async () => {
    const request = await requestOf(podWith({}), { config: { locations: ["westeurope", "northeurope"] } });
    expect([1, 2, 3].map((tryNumber) => placeOf(request, 1, tryNumber).location)).toEqual([
      "westeurope",
      "northeurope",
      "westeurope",
    ]);
    // An attempt that could not be provisioned there is followed by one elsewhere.
    expect(placeOf(request, 2, 1).location).toBe("northeurope");
    expect(putBody(request, placeOf(request, 1, 2), who)["properties"]).not.toHaveProperty("subnetIds");
  });
});
