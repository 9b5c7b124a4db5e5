# SPDX-FileCopyrightText: 2026 The pleio-node authors
# SPDX-License-Identifier: EUPL-1.2
"""The person in front of the login page: opens an authorization address as a browser without JavaScript does, fills in
e-mail and password and, when it is asked for, a code of an authenticator app; approves, and reads the code from the page.

    EMAIL=… PASSWORD=… python3 oauthpage.py URL        prints the code
"""
import base64
import hashlib
import hmac
import html.parser
import http.cookiejar
import os
import struct
import sys
import time
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


def authenticator(key, steps=0):
    """What an authenticator app shows for a key (RFC 6238), so many half minutes from now."""
    secret = base64.b32decode(key.replace(" ", ""))
    digest = hmac.new(secret, struct.pack(">Q", int(time.time()) // 30 + steps), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


class Browser:
    """A browser without JavaScript: it has cookies, and sends forms as they are on the page."""

    def __init__(self):
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.where, self.page = "", None

    def visit(self, address, fields=None):
        request = urllib.request.Request(address, headers={"Accept": "text/html", "Accept-Language": "nl"})
        if fields is not None:
            parts = urllib.parse.urlsplit(address)
            request.data = urllib.parse.urlencode(fields).encode()
            request.add_header("Origin", f"{parts.scheme}://{parts.netloc}")
        try:
            with self.opener.open(request, timeout=20) as answer:
                self.where, self.page = answer.geturl(), Page(answer.read().decode())
        except urllib.error.HTTPError as refused:
            says = Page(refused.read().decode(errors="replace")).says()
            sys.exit(f"{address} answered {refused.code}: {says}")

    def submit(self, form, button, filled):
        fields = [(i["name"], filled.get(i["name"], i.get("value", ""))) for i in form["inputs"]
                  if i["type"] not in ("checkbox", "radio") or "checked" in i]
        if button and button.get("name"):
            fields.append((button["name"], button.get("value", "")))
        self.visit(urllib.parse.urljoin(self.where, form["action"]), fields)

    def form(self, what, fits):
        found = next((form for form in self.page.forms if fits(form)), None)
        if not found:
            sys.exit(f"{self.where} has no form for {what}; it says: {self.page.says()}")
        return found, found["buttons"][0] if found["buttons"] else None

    def log_in(self, email, password, key=""):
        login, button = self.form("a password", lambda form: first(form, "password"))
        mail, secret = first(login, "email", "text"), first(login, "password")
        if not mail:
            sys.exit(f"the login form of {self.where} has no field for the e-mail address")
        self.submit(login, button, {mail: email, secret: password})
        if key:
            self.enter(authenticator(key))

    def enter(self, digits):
        form, button = self.form("a code", lambda form: any(i.get("autocomplete") == "one-time-code" for i in form["inputs"]))
        name = next(i["name"] for i in form["inputs"] if i.get("autocomplete") == "one-time-code")
        self.submit(form, button, {name: digits})


def second_factor(base, email, password):
    """Sets up a second factor, and returns the key that an authenticator app would keep."""
    browser = Browser()
    browser.visit(base + "/settings/second-factor")
    browser.log_in(email, password)
    form, button = browser.form("a password", lambda form: first(form, "password"))
    browser.submit(form, button, {first(form, "password"): password})
    key = browser.page.code
    browser.enter(authenticator(key, -1))
    return key


def code(url, email, password, key=""):
    browser = Browser()
    browser.visit(url)
    browser.log_in(email, password, key)
    if not browser.page.code:
        form, button = approval(browser.page)
        if not form:
            sys.exit(f"after the login, {browser.where} has nothing to approve with; it says: {browser.page.says()}")
        browser.submit(form, button, {})
    if not browser.page.code:
        sys.exit(f"after the approval, {browser.where} shows no code; it says: {browser.page.says()}")
    return browser.page.code


if __name__ == "__main__":
    print(code(sys.argv[1], os.environ["EMAIL"], os.environ["PASSWORD"]))
