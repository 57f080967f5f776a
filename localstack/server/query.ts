import type { Gate } from "./gate.ts";
import { ApiError, cutOf, type Operations, type Service, type ServiceAnswer, notSimulated } from "./service.ts";

export interface QueryServiceOptions {
  readonly name: string;
  /** `query`: IAM, STS. `ec2`: the dialect of EC2, with lists as `item` and no element for the result. */
  readonly dialect: "query" | "ec2";
  readonly namespace: string;
  readonly operations: Operations;
  readonly gate: Gate;
  readonly requestId: () => string;
}

const contentType = { "content-type": "text/xml" } as const;

/** A service of the query protocols: a form in, XML out. An operation takes its form as a record of texts. */
export function queryService(options: QueryServiceOptions): Service {
  const { name, operations, gate } = options;
  return {
    name,
    async answer({ body, region }) {
      const form = Object.fromEntries(new URLSearchParams(body));
      const operation = form["Action"] ?? "";
      try {
        const work = operations[operation];
        if (work === undefined) throw notSimulated(`${name}:${operation}`);
        const answer = await gate.pass(name, operation, () => work(form, region));
        return { status: 200, headers: contentType, body: success(options, operation, answer) };
      } catch (error) {
        const cut = cutOf(error);
        if (cut !== undefined) return cut;
        if (error instanceof ApiError) return refusal(options, error);
        throw error;
      }
    },
    refuse: (error) => refusal(options, error),
  };
}

function success({ dialect, namespace, requestId }: QueryServiceOptions, operation: string, answer: unknown): string {
  const inside =
    dialect === "ec2"
      ? `${xmlOf(answer, "item")}<requestId>${requestId()}</requestId>`
      : `<${operation}Result>${xmlOf(answer, "member")}</${operation}Result>` +
        `<ResponseMetadata><RequestId>${requestId()}</RequestId></ResponseMetadata>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${operation}Response xmlns="${namespace}">${inside}</${operation}Response>`;
}

function refusal({ dialect, namespace, requestId }: QueryServiceOptions, error: ApiError): ServiceAnswer {
  const { code, status } = queryCodes[error.type] ?? { code: error.type, status: error.status };
  const what = `<Code>${escaped(code)}</Code><Message>${escaped(error.message)}</Message>`;
  const body =
    dialect === "ec2"
      ? `<Response><Errors><Error>${what}</Error></Errors><RequestID>${requestId()}</RequestID></Response>`
      : `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type>${what}</Error><RequestId>${requestId()}</RequestId></ErrorResponse>`;
  return {
    status,
    headers: { ...contentType, ...error.headers },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}

/** The query services have names and statuses of their own for some errors. */
const queryCodes: Readonly<Record<string, { readonly code: string; readonly status: number }>> = {
  ExpiredTokenException: { code: "ExpiredToken", status: 403 },
  UnrecognizedClientException: { code: "InvalidClientTokenId", status: 403 },
  AccessDeniedException: { code: "AccessDenied", status: 403 },
  ThrottlingException: { code: "Throttling", status: 400 },
};

/** Members as elements; an array's entries in elements of the name `entry`. */
function xmlOf(value: unknown, entry: string): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map((one) => `<${entry}>${xmlOf(one, entry)}</${entry}>`).join("");
  if (typeof value !== "object") return escaped(typeof value === "string" ? value : JSON.stringify(value));
  return Object.entries(value)
    .map(([name, member]) => `<${name}>${xmlOf(member, entry)}</${name}>`)
    .join("");
}

export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
