/** S3 by paths (`/bucket/key`), as far as burstlet and its tasks use it: XML, HEAD without a body, links with a signature. */
import { createHash } from "node:crypto";
import { type Clock, parseTime, rfc3339Nano } from "../../src/model/clock.ts";
import type { Gate } from "../server/gate.ts";
import { escaped } from "../server/query.ts";
import type { Door } from "../server/server.ts";
import { isLink } from "../server/signature.ts";
import {
  ApiError,
  cutOf,
  notSimulated,
  type Service,
  type ServiceAnswer,
  type ServiceRequest,
} from "../server/service.ts";
import type { ObjectRecord, ObjectStore } from "./store.ts";

type Request = Omit<ServiceRequest, "region">;

interface Work {
  readonly operation: string;
  answer(): ServiceAnswer;
}

const xml = { "content-type": "application/xml" } as const;

export function s3Service(store: ObjectStore, clock: Clock, gate: Gate): Service {
  return {
    name: "s3",
    async answer(request) {
      try {
        const { operation, answer } = workOf(request, store);
        if (isLink(request.url)) checkLink(request.url, clock);
        return await gate.pass("s3", operation, answer);
      } catch (error) {
        const cut = cutOf(error);
        if (cut !== undefined) return cut;
        if (error instanceof ApiError) return refusal(error, request.method);
        throw error;
      }
    },
    refuse: (error) => refusal(error, "GET"),
  };
}

/** What tasks reach of it: links alone. */
export function linkDoor(service: Service): Door {
  return async (method, url, body) =>
    method === "GET" && isLink(url) ? service.answer({ method, url, headers: {}, body, region: "" }) : undefined;
}

function workOf({ method, url, headers, body }: Request, store: ObjectStore): Work {
  const [, bucket = "", ...rest] = decodeURIComponent(url.pathname).split("/");
  const key = rest.join("/");
  if (key === "") return workOfBucket(method, bucket, url, store);
  const present = (): ObjectRecord => {
    const found = store.find(bucket, key);
    if (found === undefined) throw new ApiError("NoSuchKey", "The specified key does not exist.", 404);
    return found;
  };
  switch (method) {
    case "PUT":
      return {
        operation: "PutObject",
        answer() {
          if (headers["if-none-match"] === "*" && store.find(bucket, key) !== undefined) {
            const words = "At least one of the pre-conditions you specified did not hold";
            throw new ApiError("PreconditionFailed", words, 412);
          }
          store.put(bucket, key, body);
          return { status: 200, headers: { etag: etagOf(body) }, body: "" };
        },
      };
    case "GET":
      return {
        operation: "GetObject",
        answer: () => ({ status: 200, headers: { "content-type": "text/plain" }, body: present().body }),
      };
    case "HEAD":
      return {
        operation: "HeadObject",
        answer: () => ({ status: 200, headers: { etag: etagOf(present().body) }, body: "" }),
      };
    case "DELETE":
      return {
        operation: "DeleteObject",
        answer() {
          store.drop(bucket, key);
          return { status: 204, headers: {}, body: "" };
        },
      };
    default:
      throw notSimulated(`s3: ${method} of an object`);
  }
}

function workOfBucket(method: string, bucket: string, url: URL, store: ObjectStore): Work {
  const prefix = url.searchParams.get("prefix") ?? "";
  if (method === "HEAD")
    return {
      operation: "HeadBucket",
      answer() {
        store.list(bucket, "");
        return { status: 200, headers: {}, body: "" };
      },
    };
  if (method !== "GET" || url.searchParams.get("list-type") !== "2") throw notSimulated(`s3: ${method} of a bucket`);
  return {
    operation: "ListObjectsV2",
    answer() {
      const found = store.list(bucket, prefix);
      const contents = found.map(
        ({ key, body, changedAt }) =>
          `<Contents><Key>${escaped(key)}</Key><Size>${body.length}</Size>` +
          `<LastModified>${rfc3339Nano(changedAt)}</LastModified></Contents>`,
      );
      const inside = `<Name>${escaped(bucket)}</Name><KeyCount>${found.length}</KeyCount><IsTruncated>false</IsTruncated>`;
      return { status: 200, headers: xml, body: `<ListBucketResult>${inside}${contents.join("")}</ListBucketResult>` };
    },
  };
}

/** Nobody checks the signature of a link, as nobody has the secret; its time counts. */
function checkLink({ searchParams }: URL, clock: Clock): void {
  const [, date, time] = /^(\d{8})T(\d{6})Z$/.exec(searchParams.get("X-Amz-Date") ?? "") ?? [];
  const text = `${date?.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time?.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`;
  const at = parseTime(text) ?? Number.NaN;
  const seconds = Number(searchParams.get("X-Amz-Expires"));
  if (!(clock.now() <= at + seconds * 1_000)) throw new ApiError("AccessDenied", "Request has expired", 403);
}

const etagOf = (body: string): string => `"${createHash("md5").update(body).digest("hex")}"`;

function refusal({ type, message, status }: ApiError, method: string): ServiceAnswer {
  const names: Readonly<Record<string, readonly [string, number]>> = {
    AccessDeniedException: ["AccessDenied", 403],
    ThrottlingException: ["SlowDown", 503],
    ExpiredTokenException: ["ExpiredToken", 400],
  };
  const [code, answered] = names[type] ?? [type, status];
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escaped(code)}</Code><Message>${escaped(message)}</Message></Error>`;
  return { status: answered, headers: xml, body: method === "HEAD" ? "" : body };
}
