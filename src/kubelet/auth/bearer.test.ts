import { expect, test } from "vitest";

import { bearerToken } from "./bearer.ts";

const coded = (token: string): string =>
  `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString("base64url")}`;

test.for([
  [{}, undefined],
  [{ authorization: "Bearer abc" }, "abc"],
  [{ authorization: "bearer   abc  " }, "abc"],
  [{ authorization: "Bearer" }, undefined],
  [{ authorization: "Bearer " }, undefined],
  [{ authorization: "Basic abc" }, undefined],
  [{ upgrade: "websocket", "sec-websocket-protocol": `v5.channel.k8s.io, ${coded("t?>k")}` }, "t?>k"],
  [{ upgrade: "WebSocket", "sec-websocket-protocol": coded("") }, undefined],
  [{ upgrade: "SPDY/3.1", "sec-websocket-protocol": coded("abc") }, undefined],
  [{ "sec-websocket-protocol": coded("abc") }, undefined],
  [{ authorization: "Bearer abc", upgrade: "websocket", "sec-websocket-protocol": coded("def") }, "abc"],
] as const)("%j carries the token %j", ([headers, token]) => {
  expect(bearerToken(headers)).toBe(token);
});
