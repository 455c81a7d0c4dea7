"""A person at a browser without scripts: opens pages, fills in what the forms hold, and sends them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from starlette.testclient import TestClient

from web.cookies import SESSION

SITE = "https://hazard.test"
ONE_OF_MANY = ("/audit/events/", "/interface/")
ENOUGH = 3
"""Pages of one kind of which the first few are enough."""
NOBODY_LEFT = "/copies"
"""Answers that everybody who may see the hazard sees it already, where that is so."""
NO_PAGES = ("/evidence/", "/export", ".zip")
_VOID = frozenset({"input", "meta", "link", "br", "img"})


@dataclass
class Form:
    """A form of a page: where it goes, and what it would send as it stands."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, value and words of each."""
    names: set[str] = field(default_factory=set)


class Page(HTMLParser):
    """An answer as a person sees it."""

    def __init__(self, answer: Any):
        super().__init__()
        self.answer, self.status, self.html = answer, answer.status_code, answer.text
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.title = ""
        self.elsewhere: dict[str, Form] = {}
        """Forms by the address of a button that sends them elsewhere."""
        self.hrefs: set[str] = set()
        self.labels: list[str] = []
        self.ids: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self._words: list[str] = []
        self._area = self._select = ""
        self.feed(self.html)
        self.text = " ".join("".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        held = {name: value or "" for name, value in attrs}
        if "id" in held:
            self.ids.append(held["id"])
        self.hrefs |= {held[name] for name in ("href", "src") if name in held}
        self.labels += [held["for"]] if "for" in held else []
        if tag == "form":
            self.forms.append(Form(held.get("action", ""), held.get("method", "get")))
        elif tag in {"input", "textarea", "select", "option"} and self.forms:
            self._field(tag, held)
        elif tag == "button" and "formaction" in held:
            self.elsewhere[held["formaction"]] = self.forms[-1]
        elif tag == "button" and self.forms:
            self.forms[-1].buttons.append((held.get("name", ""), held.get("value", ""), ""))
        if tag not in _VOID:
            self._open.append((tag, held))

    def _field(self, tag: str, held: dict[str, str]) -> None:
        form, name = self.forms[-1], held.get("name", "")
        form.names.add(name)
        if tag == "textarea":
            self._area = name
            form.values[name] = [""]
        elif tag == "select":
            self._select = name
        elif tag == "option":
            if "selected" in held:
                form.values[self._select] = [held["value"]]
        elif held.get("type") in {"checkbox", "radio"}:
            if "checked" in held:
                form.values.setdefault(name, []).append(held["value"])
        elif held.get("type") != "file":
            form.values.setdefault(name, []).append(held.get("value", ""))

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        tag = self._open[-1][0] if self._open else ""
        if tag == "title":
            self.title += data
        elif tag == "textarea" and self._area:
            self.forms[-1].values[self._area] = [data]
        for one, attributes in self._open:
            if one == "a":
                self.links[data.strip()] = attributes.get("href", "")
        if self._open and any(one == "button" for one, _ in self._open) and self.forms and self.forms[-1].buttons:
            name, value, words = self.forms[-1].buttons[-1]
            self.forms[-1].buttons[-1] = (name, value, words + data)

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop()[0] == tag:
                break

    def form(self, action: str) -> Form:
        return self.elsewhere.get(action) or next(form for form in self.forms if form.action == action)

    def sees(self, *words: str) -> bool:
        return all(word in self.text for word in words)


class Browser:
    """One person's browser: cookies of its own, and the page it is on."""

    def __init__(self, app: Any):
        self.client = TestClient(app, base_url=SITE, raise_server_exceptions=False)
        self.page: Page

    def signed_in(self, token: str) -> "Browser":
        self.client.cookies.set(SESSION, token, domain="hazard.test", path="/")
        return self

    def open(self, path: str) -> Page:
        self.page = Page(self.client.get(path))
        return self.page

    def send(self, action: str, *, press: str = "", files: Any = None, **changes: Any) -> Page:
        """Send the form that goes to `action`, with these answers changed; `press`: the words on the button, else the
        first one is pressed."""
        form = self.page.form(action)
        self.page = Page(self.client.post(action, data=self._filled(form, press, changes), files=files))
        return self.page

    def _filled(self, form: Form, press: str, changes: dict[str, Any]) -> dict[str, Any]:
        given = {name.replace("__", "."): value for name, value in changes.items()}
        if unknown := set(given) - form.names:
            raise AssertionError(f"the form has no {unknown}; it has {sorted(form.names)}")
        pressed = [(name, value) for name, value, words in form.buttons if press in words][:1]
        return {**form.values, **given, **{name: value for name, value in pressed if name}}


def submitted(
    browser: Browser, path: str, *, files: Any = None, identity: dict[str, str] | None = None, **answers: Any
) -> Page:
    """Fill in the form at this address, see the check page, and submit it."""
    browser.open(path)
    checked = browser.send(path, files=files, **answers)
    assert checked.status == 200, errors_of(checked)
    return browser.send(f"{path}/taken", **(identity or {}))


def errors_of(page: Page) -> str:
    return page.text[:1500]


def every_link(browser: Browser, *starts: str) -> None:
    """All that one is led to from here."""
    seen, waiting = set(starts), list(starts)
    while waiting:
        page = browser.open(path := waiting.pop())
        assert page.status == 200 or (page.status == 422 and path.endswith(NOBODY_LEFT)), (
            path,
            page.status,
            page.text[:300],
        )
        found = {href.partition("#")[0] for href in page.hrefs if href.startswith("/")} - seen
        found = {href for href in found if not any(part in href for part in NO_PAGES)}
        many = sorted(href for href in found if href.startswith(ONE_OF_MANY))
        found -= set(many if any(href.startswith(ONE_OF_MANY) for href in seen) else many[ENOUGH:])
        seen |= found
        waiting += sorted(found)
    assert len(seen) > len(starts), browser.page.text
