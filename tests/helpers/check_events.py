#!/usr/bin/env python3
"""Hold lines of drydock --json against the schema:  check_events.py SCHEMA FILE...

Prints what is wrong: a line that the schema refuses, a member that it does not know (it allows them,
for readers of later versions; here they are mistakes), and in the end each event that no line was.
"""
import json
import sys

import jsonschema


def members(schema, definition):
    """The names of all members that a definition knows."""
    known = set(definition.get("properties", {}))
    for part in definition.get("anyOf", []):
        known |= members(schema, part)
    return known


def main(argv):
    with open(argv[0], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    missing = set(schema["properties"]["event"]["enum"])
    wrong = 0
    for path in argv[1:]:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                event = json.loads(line)
                mistakes = [e.message for e in validator.iter_errors(event)]
                definition = schema["definitions"].get(event.get("event"), {})
                unknown = set(event) - members(schema, definition) - {"event", "time"}
                mistakes += [f"{name} is not in the schema" for name in sorted(unknown)]
                missing.discard(event.get("event"))
                for mistake in mistakes:
                    wrong += 1
                    print(f"{path}:{number}: {mistake[:300]}: {line.strip()[:300]}")
    for event in sorted(missing):
        print(f"no line was an event {event}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
