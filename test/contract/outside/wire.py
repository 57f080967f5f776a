"""Judges calls of AWS by botocore's models: one JSON object a line in, one problem a line out.

{"service": "ecs", "operation": "RunTask", "request": {...}, "answer": {...}}; without answer: an error was answered.
botocore checks types, required and unknown members, and least lengths; enums are checked here, because it does not.
"""

import json
import sys

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

models = {}


def model_of(service):
    if service not in models:
        models[service] = ServiceModel(Loader().load_service_model(service, "service-2"))
    return models[service]


def enum_problems(value, shape, at):
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in shape.members.items():
            if name in value and value[name] is not None:
                yield from enum_problems(value[name], member, f"{at}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from enum_problems(item, shape.member, f"{at}[{index}]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for key, item in value.items():
            yield from enum_problems(item, shape.value, f"{at}.{key}")
    elif shape.type_name == "string" and getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{at}: {value!r} is none of {', '.join(shape.enum)}"


def problems(call):
    operation = model_of(call["service"]).operation_model(call["operation"])
    for what, shape in (("request", operation.input_shape), ("answer", operation.output_shape)):
        value = call.get(what)
        if value is None or shape is None:
            continue
        report = ParamValidator().validate(value, shape)
        if report.has_errors():
            yield from (f"{what}: {line}" for line in report.generate_report().splitlines())
        yield from (f"{what}{line}" for line in enum_problems(value, shape, ""))


if __name__ == "__main__":
    for line in sys.stdin:
        call = json.loads(line)
        for problem in problems(call):
            print(f"{call['service']}:{call['operation']} {problem}")
