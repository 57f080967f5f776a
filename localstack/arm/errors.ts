/** Errors as Azure names them; their texts are Azure's where a source quotes them, otherwise they say the same. */
import { ApiError } from "../server/service.ts";

/** `retryAfter`: seconds. */
export function armError(
  status: number,
  code: string,
  message: string,
  more: { readonly target?: string; readonly retryAfter?: number } = {},
): ApiError {
  const { target, retryAfter } = more;
  return new ApiError(code, message, status, {
    ...(target !== undefined && { members: { target } }),
    ...(retryAfter !== undefined && { headers: { "retry-after": String(Math.ceil(retryAfter)) } }),
  });
}

export const invalid = (code: string, message: string, target?: string): ApiError =>
  armError(400, code, message, target === undefined ? {} : { target });

/** Text from memory. */
export const groupNotFound = (name: string, resourceGroup: string): ApiError =>
  armError(
    404,
    "ResourceNotFound",
    `The Resource 'Microsoft.ContainerInstance/containerGroups/${name}' under resource group '${resourceGroup}' was not found.`,
  );

export const containerNotFound = (name: string, group: string): ApiError =>
  armError(404, "ContainerNotFound", `The container '${name}' in container group '${group}' was not found.`);

export const transitioning = (name: string): ApiError =>
  armError(
    409,
    "ContainerGroupTransitioning",
    `The container group '${name}' is still transitioning, please retry later.`,
  );
