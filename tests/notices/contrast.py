"""The colors that text has in a mail, in light and in dark mode: as much of the cascade as our frame uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from tools.mail_html import is_comment, tree

_DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{(.*?\})\s*\}", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")

Rules = list[tuple[list[str], Mapping[str, str]]]
Text = tuple[str, str, str]


def texts(html: str, *, dark: bool) -> Iterator[Text]:
    """Every text with its color and the color behind it."""
    rules = _dark_rules(html) if dark else []
    body = tree(html).find("body")
    assert body is not None
    yield from _texts(body, [], rules, ("#000000", "#ffffff"))


def _texts(element: Element, above: list[Element], rules: Rules, now: tuple[str, str]) -> Iterator[Text]:
    if is_comment(element):
        return
    path = [*above, element]
    style = _declared(element.get("style", ""))
    for selector, declared in rules:
        if _matches(selector, path):
            style = {**style, **declared}
    if style.get("display") == "none":
        return
    now = (style.get("color", now[0]), style.get("background-color", style.get("background", now[1])))
    for said in (element.text, *(child.tail for child in element)):
        if said and said.strip():
            yield said.strip(), *now
    for child in element:
        yield from _texts(child, path, rules, now)


def _dark_rules(html: str) -> Rules:
    """The rules of dark mode; all of them are important, so that they win over what stands in the elements."""
    found = _DARK.search(html)
    assert found
    rules: Rules = []
    for selectors, declared in _RULE.findall(found[1]):
        assert declared.count("!important") == declared.count(":"), declared
        rules += [(one.split(), _declared(declared.replace("!important", ""))) for one in selectors.split(",")]
    return rules


def _declared(style: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in style.split(";") if ":" in part)
    declared = {name.strip(): value.strip() for name, _, value in pairs}
    if "background" in declared:  # the later of the two wins; we write both alike
        declared["background-color"] = declared["background"]
    return declared


def _matches(selector: list[str], path: list[Element]) -> bool:
    """Whether a selector of classes and tags with descendants and children ends at the last element of a path."""
    if not selector:
        return True
    if not path or not _is(path[-1], selector[-1]):
        return False
    before = selector[:-1]
    if not before:
        return True
    if before[-1] == ">":
        return _matches(before[:-1], path[:-1])
    return any(_matches(before, path[:end]) for end in range(len(path) - 1, 0, -1))


def _is(element: Element, simple: str) -> bool:
    tag, _, name = simple.partition(".")
    return (not tag or element.tag == tag) and (not name or name in element.get("class", "").split())
