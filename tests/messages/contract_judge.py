#!/usr/bin/python3
"""Judges contract_cases.json by the schema file alone, with a validator that is not ours.

validate_event() and the dev-server share one implementation, so an error in it would be agreed
on by both. Here every case is judged by python3-jsonschema instead: the definition `Event` and the
definition `<event_type>Payload`. The verdict must equal the case's `valid`, or the case must say by
`stricter` which rule of protocol.md refuses what the schema file accepts. The list of cases is
judged too: each event type good and bad, each required field of each definition missing once.

usage: contract_judge.py [CASES [SCHEMA]]     exit status 1 and a list when something disagrees
"""
import copy
import json
import pathlib
import re
import sys

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE / "contract_cases.json"
SCHEMA = HERE.parent.parent / "messages" / "schema" / "events.schema.json"

DATE_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)

formats = FormatChecker(formats=())


def days_in(year, month):
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]


@formats.checks("date-time")
def is_date_time(text):
    """RFC 3339, section 5.6 with the restrictions of 5.7. Not datetime: it knows neither year 0
    nor leap seconds, and its parser takes forms that RFC 3339 does not."""
    if not isinstance(text, str):
        return True
    found = DATE_TIME.fullmatch(text)
    if not found:
        return False
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    sign, offset_hours, offset_minutes = found.groups()[6:]
    ahead = 0  # of UTC, in minutes
    if sign:
        if int(offset_hours) > 23 or int(offset_minutes) > 59:
            return False
        ahead = int(sign + "1") * (int(offset_hours) * 60 + int(offset_minutes))
    if not 1 <= month <= 12 or not 1 <= day <= days_in(year, month):
        return False
    if hour > 23 or minute > 59 or second > 60:
        return False
    if second < 60:
        return True
    # A leap second ends a month, in UTC.
    utc_minute = hour * 60 + minute - ahead
    if utc_minute == 24 * 60 - 1:
        return day == days_in(year, month)
    return utc_minute == -1 and day == 1


def check_pattern(_validator, pattern, instance, _schema):
    """ECMA 262's `$` is the end of the text; Python's also stands before a last line feed."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


Judge = extend(Draft202012Validator, {"pattern": check_pattern})


def errors_of(definition, instance, prefix=""):
    found = Judge(definition, format_checker=formats).iter_errors(instance)
    return [f"{prefix}{'.'.join(map(str, e.absolute_path))}: {e.message}" for e in found]


def judge(schema, event):
    definitions = schema["definitions"]
    errors = errors_of(definitions["Event"], event)
    event_type = event.get("event_type") if isinstance(event, dict) else None
    payload = definitions.get(f"{event_type}Payload") if isinstance(event_type, str) else None
    if payload is not None and "payload" in event:
        errors += errors_of(payload, event["payload"], "payload.")
    return errors


def event_of(case, bases):
    if "event" in case:
        return case["event"]
    event = copy.deepcopy(bases[case["base"]])
    for path in case.get("remove", []):
        *parents, last = path.split(".")
        at = event
        for name in parents:
            at = at[name]
        del at[last]  # a path that is not there is an error of the case
    for path, value in case.get("set", {}).items():
        *parents, last = path.split(".")
        at = event
        for name in parents:
            at = at[name]
        at[last] = value
    return event


def complaints_about(case, errors):
    known = {"name", "base", "set", "remove", "event", "valid", "field", "stricter"}
    if unknown := set(case) - known:
        yield f"has unknown keys {sorted(unknown)}"
    if not case["valid"] and "field" not in case:
        yield "is refused but names no field"
    if case["valid"] and ("field" in case or "stricter" in case):
        yield "is valid, yet names a field or a stricter rule"
    if "stricter" in case:
        if errors:
            yield f"says `stricter`, but the schema refuses it as well: {errors[0]}"
    elif case["valid"] and errors:
        yield f"is said to be valid, but the schema refuses it: {errors[0]}"
    elif not case["valid"] and not errors:
        yield "is said to be invalid, but the schema accepts it"


def gaps(schema, bases, cases):
    """What the list of cases leaves out."""
    names = [case["name"] for case in cases]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two cases are named `{name}`"
    removed = {(c["base"], path) for c in cases if not c["valid"] for path in c.get("remove", [])}
    for field in schema["definitions"]["Event"]["required"]:
        if field not in {path for _, path in removed}:
            yield f"no case leaves out {field}"
    for event_type in schema["definitions"]["Event"]["properties"]["event_type"]["enum"]:
        if event_type not in bases:
            yield f"no base event of type {event_type}"
        if {c["valid"] for c in cases if c.get("base") == event_type} != {True, False}:
            yield f"{event_type} is not covered good and bad"
        for field in schema["definitions"][f"{event_type}Payload"]["required"]:
            if (event_type, f"payload.{field}") not in removed:
                yield f"no case leaves out {event_type}'s {field}"


def main():
    cases_file = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else CASES
    schema_file = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else SCHEMA
    file = json.loads(cases_file.read_text(encoding="utf-8"))
    schema = json.loads(schema_file.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    bases, cases = file["bases"], file["cases"]

    problems = [f"the list: {gap}" for gap in gaps(schema, bases, cases)]
    for case in cases:
        errors = judge(schema, event_of(case, bases))
        problems += [f"`{case['name']}` {what}" for what in complaints_about(case, errors)]
    for problem in problems:
        print(problem, file=sys.stderr)

    accepted = sum(case["valid"] for case in cases)
    stricter = sum("stricter" in case for case in cases)
    print(
        f"contract_judge: {len(cases)} cases: {accepted} accepted, "
        f"{len(cases) - accepted - stricter} refused by the schema, "
        f"{stricter} by protocol.md alone; {len(problems)} problems"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
