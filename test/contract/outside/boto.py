"""Calls Lambda by botocore's own client, and judges what comes back over the wire by its model.

argv: the endpoint. In, one JSON object a line: {"operation": "Invoke", "params": {...}}. Out, a line for each:
{"answer": {...}} or {"error": "ResourceNotFoundException", "status": 404}, each with "problems": members of the body that
the model does not know, wrong types, required ones that are missing, values of enums that there are not.
"""

import datetime
import json
import sys

import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.validate import ParamValidator
from wire import enum_problems

session = botocore.session.get_session()
client = session.create_client(
    "lambda",
    region_name="us-east-1",
    endpoint_url=sys.argv[1],
    aws_access_key_id="AKIAOUTSIDE",
    aws_secret_access_key="secret",
    config=Config(retries={"total_max_attempts": 1}),
)
seen = {}
client.meta.events.register("before-parse.lambda", lambda response_dict, **_: seen.update(response_dict))


def plain(value):
    if isinstance(value, StreamingBody):
        return value.read().decode()
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def problems(body, shape):
    report = ParamValidator().validate(body, shape)
    if report.has_errors():
        yield from report.generate_report().splitlines()
    yield from enum_problems(body, shape, "")


def members(body):
    return json.loads(body) if body else {}


def call(operation, params):
    model = client.meta.service_model.operation_model(operation)
    try:
        answer = getattr(client, xform_name(operation))(**params)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        shapes = {shape.name: shape for shape in model.error_shapes}
        if code not in shapes:
            found = [f"{code} is no error of {operation}"]
        else:
            found = list(problems(members(seen["body"]), shapes[code]))
            status = shapes[code].metadata.get("error", {}).get("httpStatusCode")
            if status != error.response["ResponseMetadata"]["HTTPStatusCode"]:
                found.append(f"{code} has status {status}")
        return {"error": code, "status": error.response["ResponseMetadata"]["HTTPStatusCode"], "problems": found}
    # The payload of an invocation is the function's own.
    body = {} if operation == "Invoke" else members(seen["body"])
    return {"answer": plain(answer), "problems": list(problems(body, model.output_shape))}


for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(call(asked["operation"], asked["params"])), flush=True)
