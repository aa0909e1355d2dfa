"""docs/spec/openapi.json as a judge of answers: which statuses an operation may give, with which
Content-Type, headers and body; and a count of what was seen, so that nothing is only written."""
import json
import re

from jsonschema import Draft202012Validator

PROBLEM = "application/problem+json"
# The header of the client's that OpenAPI has no parameters for: they belong to the media types.
NAMED_ELSEWHERE = ("accept", "content-type", "authorization")


class Operation:
    def __init__(self, path, method, text):
        self.path, self.method, self.text = path, method.upper(), text
        self.name = text["operationId"]
        self.responses = text["responses"]

    def target(self, names):
        return re.sub(r"\{(\w+)\}", lambda found: str(names[found.group(1)]), self.path)


class Contract:
    def __init__(self, document):
        self.document = document
        self.operations = {}
        for path, methods in document["paths"].items():
            for method, text in methods.items():
                operation = Operation(path, method, text)
                assert operation.name not in self.operations, operation.name
                self.operations[operation.name] = operation
        self.seen = set()  # (operation, status)
        self.seen_anywhere = set()  # codes of what any request can be refused with

    def resolved(self, part):
        if "$ref" not in part:
            return part
        found = self.document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found

    def complaints(self, schema, value):
        """What is wrong with a value; references are into the document."""
        root = {"allOf": [schema], "components": self.document["components"]}
        validator = Draft202012Validator(root)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]

    def judge(self, operation, answer):
        """What is wrong with an answer (status, headers, body); notes that it was seen."""
        status, headers, body = answer
        response = operation.responses.get(str(status))
        if response is None:
            response = operation.responses["default"]
        else:
            self.seen.add((operation.name, str(status)))
        response = self.resolved(response)
        missing = [f"no header {name}" for name, header in response.get("headers", {}).items()
                   if self.resolved(header).get("required") and name not in headers]
        wrong = missing + self.judge_body(response, headers.get("Content-Type"), body)
        if str(status) not in operation.responses and not wrong:
            self.seen_anywhere.add(json.loads(body)["code"])
        return wrong

    def judge_body(self, response, kind, body):
        content = response.get("content", {})
        if not content:
            return [] if not body else [f"a body of {len(body)} bytes"]
        if kind not in content:
            return [f"Content-Type {kind}: {body[:200]}"]
        if "json" not in kind or kind == "application/x-ndjson":  # many documents, one a line
            return []
        return self.complaints(content[kind].get("schema", {}), json.loads(body))

    def judge_request(self, operation, body):
        """What is wrong with a JSON body that the server has accepted."""
        asked = operation.text.get("requestBody", {}).get("content", {})
        if "application/json" not in asked or body is None:
            return []
        return self.complaints(asked["application/json"]["schema"], json.loads(body))

    def unseen(self):
        """(operation, status) that are documented and were not given."""
        written = {(operation.name, status) for operation in self.operations.values()
                   for status in operation.responses if status != "default"}
        return sorted(written - self.seen)

    def unseen_anywhere(self):
        default = self.document["components"]["responses"]["Unexpected"]
        codes = default["content"][PROBLEM]["schema"]["properties"]["code"]["enum"]
        return sorted(set(codes) - self.seen_anywhere)


def parts(node):
    """Each object inside, with itself."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, (dict, list)):
            yield from parts(child)


def faults(contract):
    """What is wrong with the document itself."""
    document = contract.document
    for part in parts(document):
        if isinstance(part.get("$ref"), str):
            contract.resolved(part)  # KeyError: it leads nowhere
        if "schema" in part and "example" in part:
            yield from contract.complaints(part["schema"], part["example"])
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for operation in contract.operations.values():
        named = [contract.resolved(one) for one in operation.text.get("parameters", [])]
        in_path = {one["name"] for one in named if one["in"] == "path"}
        if in_path != set(re.findall(r"\{(\w+)\}", operation.path)):
            yield f"{operation.name}: parameters {in_path} of {operation.path}"
        yield from (f"{operation.name}: {one['name']} is no parameter" for one in named
                    if one["name"].lower() in NAMED_ELSEWHERE)
        yield from (f"{operation.name}: no {member}" for member in ("summary", "tags", "security")
                    if member not in operation.text)
