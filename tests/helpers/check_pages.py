#!/usr/bin/env python3
"""Check the pages that drydock page has written: check_pages.py ROOT

Each is HTML with all elements closed, of the elements and attributes that pages are made of and no others; its policy
holds the hashes of its one style and one script and allows nothing else; nothing is loaded; links lead to files of the
root and to parts of pages that are there; headings go down step by step, and what a label or an ARIA attribute names
is there. Prints what is wrong, and "N pages, M links" when all is well.
"""
import base64
import hashlib
import os
import re
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urlsplit

VOID = {"meta", "link", "input"}
# Attributes that each element may have; style and handlers are never among them.
ANY = {"id", "class", "hidden", "role", "aria-label", "aria-labelledby", "aria-hidden", "aria-controls"}
ELEMENTS = {
    "html": {"lang"}, "head": set(), "meta": {"charset", "name", "content", "http-equiv"}, "title": set(),
    "link": {"rel", "href"}, "style": set(), "body": set(), "a": {"href", "rel"}, "header": set(), "nav": set(),
    "main": set(), "footer": set(), "section": set(), "h1": set(), "h2": set(), "h3": set(), "p": set(), "div": set(),
    "span": set(), "strong": set(), "code": set(), "time": {"datetime"}, "label": {"for"}, "script": set(),
    "input": {"type", "autocomplete", "spellcheck"}, "ul": set(), "ol": set(), "li": set(), "dl": set(),
    "dt": set(), "dd": set(), "details": set(), "summary": set(),
}
MARK = '<meta name="generator" content="drydock page">'


class Page(HTMLParser):
    def __init__(self, path, text):
        super().__init__(convert_charrefs=True)
        self.path, self.findings = path, []
        self.open, self.ids, self.links, self.refers, self.headings = [], set(), [], [], []
        self.raw = {"style": [], "script": []}
        self.policy = None
        self.feed(text)
        self.close()
        if self.open:
            self.find(f"not closed: {self.open}")

    def find(self, what):
        self.findings.append(f"{self.path}:{self.getpos()[0]}: {what}")

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        values = dict(attrs)
        if tag not in ELEMENTS:
            self.find(f"<{tag}> is no element of a page")
        if len(names) != len(set(names)):
            self.find(f"<{tag}> has an attribute twice")
        for name in set(names) - ELEMENTS.get(tag, set()) - ANY:
            self.find(f"<{tag} {name}>")
        if "id" in values:
            if values["id"] in self.ids:
                self.find(f"id {values['id']} twice")
            self.ids.add(values["id"])
        self.refers += [values[n] for n in ("for", "aria-labelledby", "aria-controls") if n in values]
        if "href" in values:
            self.links.append((tag, values["href"], values.get("rel", ""), self.getpos()[0]))
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in self.raw:
            self.raw[tag].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.find(f"</{tag}> within {self.open[-3:]}")
        elif tag not in VOID:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]][-1] += data

    def handle_comment(self, data):
        self.find("a comment: pages have none")


def check_page(page, text):
    if not text.startswith('<!DOCTYPE html>\n<html lang="en">'):
        page.find("no document type, or no language")
    if not 0 <= text.find(MARK) < 1024:
        page.find("it does not say whose it is")
    hashes = []
    for tag, texts in page.raw.items():
        if len(texts) != 1:
            page.find(f"{len(texts)} times <{tag}>")
        digest = hashlib.sha256(texts[0].encode()).digest()
        hashes.append("'sha256-%s'" % base64.b64encode(digest).decode())
    wanted = (f"default-src 'none'; img-src data:; style-src {hashes[0]}; script-src {hashes[1]}; "
              "base-uri 'none'; form-action 'none'")
    if page.policy != wanted:
        page.find(f"the policy is {page.policy}, wanted {wanted}")
    for pattern in (r"url\(", "@import", r"\bfetch\b", "XMLHttpRequest", "innerHTML", r"\beval\b"):
        if re.search(pattern, page.raw["style"][0] + page.raw["script"][0]):
            page.find(f"{pattern} in style or script")
    if page.headings.count(1) != 1 or any(b > a + 1 for a, b in zip([0] + page.headings, page.headings)):
        page.find(f"headings {page.headings[:20]}")
    for name in page.refers:
        if name not in page.ids:
            page.find(f"#{name} is not there")


def check_links(root, pages, page):
    folder = os.path.dirname(page.path)
    for tag, href, rel, line in page.links:
        url = urlsplit(href)
        if tag == "link" and href.startswith("data:image/svg+xml,"):
            continue
        if tag == "a" and url.scheme in ("http", "https") and rel == "nofollow noopener noreferrer" and url.netloc:
            continue
        target, fragment = urldefrag(href)
        path = os.path.normpath(os.path.join(folder, unquote(target))) if target else page.path
        if url.scheme or url.netloc or url.query or path.startswith("..") or not os.path.isfile(f"{root}/{path}"):
            page.findings.append(f"{page.path}:{line}: {href} leads nowhere")
        elif fragment and fragment not in pages[path].ids:
            page.findings.append(f"{page.path}:{line}: no #{fragment} in {path}")


def main():
    root, pages = sys.argv[1], {}
    paths = ["index.html"] + sorted(os.path.relpath(os.path.join(folder, name), root)
                                    for folder, _, names in os.walk(f"{root}/page") for name in names)
    for path in paths:
        with open(f"{root}/{path}", encoding="utf-8", newline="") as file:
            text = file.read()
        pages[path] = Page(path, text)
        check_page(pages[path], text)
    for page in pages.values():
        check_links(root, pages, page)
    findings = [finding for page in pages.values() for finding in page.findings]
    print("\n".join(findings[:50]) or f"{len(pages)} pages, {sum(len(p.links) for p in pages.values())} links")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
