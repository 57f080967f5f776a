import { ApiError } from "../../server/service.ts";

/** The members of a request's body. Throws ApiError. */
export function jsonOf(body: string): unknown {
  try {
    return body === "" ? {} : (JSON.parse(body) as unknown);
  } catch {
    throw new ApiError("InvalidRequestContentException", "Could not parse request body into json");
  }
}
