"""The file `explained`: which differences are known, and why they are right.

	A reason, which may take several lines.
		QUESTION => FIELD=VALUE...
		QUESTION ~> FIELD=VALUE...    where the others' clocks and memories decide whether there is a difference

What cairnd says is told in short (`short`), so that it cannot change unnoticed.
"""
import re
from collections import Counter


def short(field, value):
    """`3 A, 1 RRSIG` for a section of records, words joined to one for everything else."""
    if field == "answer" and not isinstance(value, str):
        kinds = Counter(record.split()[1] for record in value)
        return "+".join(f"{count}*{kind}" for kind, count in sorted(kinds.items())) or "none"
    return re.sub(r"\s+", "_", value) or "none"


def told(fields, differing):
    return " ".join(f"{field}={short(field, fields[field])}" for field in differing)


def read(path):
    """What is said of each question, whether always, and why: {question: (told, is always, reason)}."""
    found, reason, in_list = {}, [], False
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith("\t"):
            reason = [line] if in_list else [*reason, line]
            in_list = False
            continue
        question, arrow, told = re.fullmatch(r"\t(.*) ([=~]>) (.*)", line).groups()
        assert question not in found, f"{question} is explained twice"
        found[question], in_list = (told, arrow == "=>", " ".join(reason)), True
    return found
