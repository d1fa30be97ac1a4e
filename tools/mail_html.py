"""A mail's HTML as a tree, and its outline: what stands in it, without how it looks."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from xml.etree.ElementTree import Element

import html5lib

_KEPT = {"a": ("href",), "img": ("src", "alt"), "html": ("lang",)}
_OUTLINED = frozenset({"html", "title", "h1", "p", "a", "img", "th", "td"})


def tree(html: str) -> Element:
    """The document.

    Raises html5lib's ParseError at anything that the standard calls a parse error.
    """
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False)
    document: Element = parser.parse(html)
    return document


def is_comment(element: Element) -> bool:
    """Whether it is a comment, for which the tree has a function where elements have the name of their tag."""
    tag: object = element.tag
    return not isinstance(tag, str)


def text_of(element: Element) -> str:
    """Everything that a reader sees of an element, on one line, with its no-break spaces."""
    return " ".join("".join(element.itertext()).split(" ")).strip(" \n")


def outline(html: str) -> str:
    """One line for each element that says something."""
    return "".join(f"{line}\n" for line in _lines(tree(html)))


def _lines(element: Element) -> Iterator[str]:
    if is_comment(element):
        return
    said = _own_text(element)
    if element.tag in {"html", "img"} or (said and element.tag in (*_OUTLINED, "div")):
        kept = "".join(f' {name}="{escape(element.get(name, ""))}"' for name in _KEPT.get(element.tag, ()))
        yield f"<{element.tag}{kept}>{escape(said, quote=False)}".replace("\u00a0", "&nbsp;")
    for child in element:
        if child.tag != "style":
            yield from _lines(child)


def _own_text(element: Element) -> str:
    parts = [element.text or "", *(child.tail or "" for child in element)]
    return " ".join(word for part in parts for word in part.replace("\n", " ").split(" ") if word)
