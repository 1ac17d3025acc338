"""Whether callers choose the form of an answer by a suffix: `route.json`, `route.kml` and `distance.json` are two operations with a `{format}` each.

One thing that comes in two forms may be two operations, and is, where it comes without a suffix as well: `taste`, `taste.json`, `taste.png`. Where most
things have the same forms, the suffix is a parameter of the whole API.
Where all that an API answers has one suffix, it is no part of any value: `/shows/{show}` of `/shows/lost.atom` is that of `/shows/lost/series.atom`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from urllib.parse import unquote

from agent.spec.path_syntax import HOLE
from agent.spec.paths.tree import affixes_of

_THINGS_LEAST = 3
_SHARE = 1 / 3
"""Of the things that were asked for often enough to show two forms, so many do."""
_FORMS_MOST = 8
_COMMON = 0.9
"""So much of an API ends alike where its endings say nothing."""


def forms_of(calls: Mapping[str, int]) -> dict[str, str]:
    """By path, of those whose suffix is a choice, that suffix. From how often each path was asked for."""
    suffixes = {path: suffix for path in calls if (suffix := _suffix(path))}
    forms: dict[str, set[str]] = defaultdict(set)
    asked = Counter[str]()
    for path, suffix in suffixes.items():
        forms[path.removesuffix(suffix)].add(suffix)
        asked[path.removesuffix(suffix)] += calls[path]
    several = [thing for thing, found in forms.items() if len(found) > 1]
    often = [thing for thing, times in asked.items() if times > 2]
    chosen = set[str]().union(*[forms[thing] for thing in several])
    bare = sum(thing in calls for thing in several)
    if len(several) < _THINGS_LEAST or len(several) < _SHARE * len(often) or len(chosen) > _FORMS_MOST or bare * 2 > len(several):
        return {}
    return {path: suffix for path, suffix in suffixes.items() if suffix in chosen}


def common_endings_of(paths: Collection[str]) -> dict[str, str]:
    """By path, of those that end as nearly all do, that suffix."""
    suffixes = {path: suffix for path in paths if (suffix := _suffix(path))}
    usual, times = max(Counter(suffixes.values()).items(), key=lambda found: (found[1], found[0]), default=("", 0))
    if times < _THINGS_LEAST or times < _COMMON * len(paths):
        return {}
    return {path: suffix for path, suffix in suffixes.items() if suffix == usual}


def _suffix(path: str) -> str:
    """The file suffix of the last segment, where there is one."""
    last = unquote(path.rpartition("/")[2])
    suffix = "" if HOLE in last else affixes_of(last)[2]
    return suffix if suffix[:1] == "." and path.endswith(suffix) else ""
