# SPDX-FileCopyrightText: 2026 The pleio-node authors
# SPDX-License-Identifier: EUPL-1.2
"""The person in front of the login page: opens an authorization address as a browser without JavaScript does, fills in
e-mail and password, approves, and reads the code from the page.

    EMAIL=… PASSWORD=… python3 oauthpage.py URL        prints the code
"""
import html.parser
import http.cookiejar
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

REFUSALS = ("deny", "refuse", "reject", "cancel", "weiger", "annuleer", "afwijzen", "log out", "logout", "uitloggen")


class Page(html.parser.HTMLParser):
    """The forms of a page, its title, and the code that it shows, in <code> or in an input that cannot be changed."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.code, self.words = [], "", []
        self._form = self._button = None
        self._in_code = False
        self.feed(text)

    def handle_starttag(self, tag, pairs):
        attrs = {name: value or "" for name, value in pairs}
        if tag == "form":
            self._form = {"action": attrs.get("action", ""), "method": attrs.get("method", "get").lower(), "inputs": [], "buttons": []}
            self.forms.append(self._form)
        elif tag == "input":
            kind = attrs.get("type", "text").lower()
            if "readonly" in attrs and attrs.get("value"):
                self.code = self.code or attrs["value"].strip()
            elif self._form is not None and kind == "submit":
                self._form["buttons"].append(dict(attrs, text=attrs.get("value", "")))
            elif self._form is not None and "name" in attrs:
                self._form["inputs"].append(dict(attrs, type=kind))
        elif tag == "button" and self._form is not None and attrs.get("type", "submit").lower() == "submit":
            self._button = dict(attrs, text="")
            self._form["buttons"].append(self._button)
        elif tag == "code":
            self._in_code = True

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "button":
            self._button = None
        elif tag == "code":
            self._in_code = False

    def handle_data(self, data):
        if self._button is not None:
            self._button["text"] += data
        elif self._in_code:
            self.code += data.strip()
        if data.strip():
            self.words.append(data.strip())

    def says(self):
        return " ".join(self.words)[:300]


def first(form, *kinds):
    return next((field["name"] for kind in kinds for field in form["inputs"] if field["type"] == kind), None)


def approval(page):
    """The form and the button that say yes: no password in it, and not a refusal."""
    for form in sorted(page.forms, key=lambda f: "authorize" not in f["action"]):
        if form["method"] != "post" or first(form, "password"):
            continue
        for button in form["buttons"]:
            label = (button["text"] + " " + button.get("value", "") + " " + button.get("name", "")).lower()
            if not any(word in label for word in REFUSALS):
                return form, button
    return None, None


def code(url, email, password):
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def visit(address, fields=None):
        request = urllib.request.Request(address, headers={"Accept": "text/html", "Accept-Language": "nl"})
        if fields is not None:
            parts = urllib.parse.urlsplit(address)
            request.data = urllib.parse.urlencode(fields).encode()
            request.add_header("Origin", f"{parts.scheme}://{parts.netloc}")
        try:
            with browser.open(request, timeout=20) as answer:
                return answer.geturl(), Page(answer.read().decode())
        except urllib.error.HTTPError as refused:
            says = Page(refused.read().decode(errors="replace")).says()
            sys.exit(f"{address} answered {refused.code}: {says}")

    def submit(where, form, button, filled):
        fields = [(i["name"], filled.get(i["name"], i.get("value", ""))) for i in form["inputs"]
                  if i["type"] not in ("checkbox", "radio") or "checked" in i]
        if button and button.get("name"):
            fields.append((button["name"], button.get("value", "")))
        return visit(urllib.parse.urljoin(where, form["action"]), fields)

    where, page = visit(url)
    login = next((form for form in page.forms if first(form, "password")), None)
    if not login:
        sys.exit(f"{where} has no form with a password; it says: {page.says()}")
    mail, secret = first(login, "email", "text"), first(login, "password")
    if not mail:
        sys.exit(f"the login form of {where} has no field for the e-mail address")
    button = login["buttons"][0] if login["buttons"] else None
    where, page = submit(where, login, button, {mail: email, secret: password})
    if not page.code:
        form, button = approval(page)
        if not form:
            sys.exit(f"after the login, {where} has nothing to approve with; it says: {page.says()}")
        where, page = submit(where, form, button, {})
    if not page.code:
        sys.exit(f"after the approval, {where} shows no code; it says: {page.says()}")
    return page.code


if __name__ == "__main__":
    print(code(sys.argv[1], os.environ["EMAIL"], os.environ["PASSWORD"]))
