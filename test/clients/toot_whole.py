# SPDX-FileCopyrightText: 2026 The pleio-node authors
# SPDX-License-Identifier: EUPL-1.2
"""Every command of toot (Debian's package), run as its user runs it, on two nodes; see README.md."""
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
import urllib.parse
import urllib.request

import toot as day  # not the package, which runs in a process of its own: the script beside, for how it logs in and reads
from steps import ALT, PICTURE, fail, setting, wait

LEFT_OUT = {"login_cli": "asks for a token with a password, the grant that Mastodon and OAuth 2.1 have ended"}
called = set()


def toot(command, *words):
    called.add(command)
    return day.toot(command, command, "--no-color", *words)


def shows(what, text, *words):
    out = toot(*words)
    if text not in out:
        fail(what, f"toot {' '.join(words)} does not show {text!r}:\n{out}")
    return out


def ask(base, token, path, fields=None):
    """What somebody else does meanwhile, or sees."""
    data = urllib.parse.urlencode(fields).encode() if fields else None
    request = urllib.request.Request(base + path, data, {"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def post(text, *words):
    """Writes something, and gives its id, which toot does not tell."""
    toot("post", *words, text)
    number = day.containing(text, day.entries(toot("timeline", "--once", "-c", "20")))
    return number or fail("post", f"the home timeline does not show {text!r}")


def screen(text, end):
    """The full-screen program, in a terminal of its own: waits for a text, and presses a key to end it."""
    called.add("tui")
    child, terminal = pty.fork()
    if child == 0:
        termios.tcsetwinsize(0, (40, 120))
        os.execvpe("toot", ["toot", "tui"], dict(day.environment, TERM="xterm"))
    shown, until = b"", time.monotonic() + 20
    while text.encode() not in shown:
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            fail("tui", f"toot tui does not show {text!r} in 20 s, but {shown[-1500:]!r}")
        if select.select([terminal], [], [], 0.2)[0]:
            shown += os.read(terminal, 65536)
    os.write(terminal, end)
    os.waitpid(child, 0)


def accounts():
    host = urllib.parse.urlsplit(setting("BASE")).netloc
    called.add("login")
    day.login(host, setting("EMAIL"), setting("PASSWORD"))
    me = day.logged_in()
    shows("auth", me, "auth")
    toot("activate", me)
    shows("env", "toot", "env")
    shows("whoami", "@anna", "whoami")
    shows("instance", "Gouda", "instance", "--disable-https", host)
    shows("instance", "Waterschap", "instance", "--disable-https", urllib.parse.urlsplit(setting("OTHER_BASE")).netloc)
    return me


def people(me):
    person = setting("PERSON")
    shows("search", f"@{person}", "search", "-r", person)
    shows("whois", f"@{person}", "whois", person)
    toot("follow", person)
    wait("follow", "the acceptance", lambda: person in toot("following", me))
    toot("follow", "berend")
    shows("followers", "anna", "followers", "berend")
    toot("unfollow", "berend")
    if "berend" in toot("following", me):
        fail("unfollow", "berend is still followed")
    toot("follow", "berend")
    for command in ("mute", "unmute", "block", "unblock"):
        shows(command, "berend", command, "berend")
    toot("follow", "berend")
    toot("tags_follow", "wonen")
    shows("tags_followed", "wonen", "tags_followed")
    toot("tags_unfollow", "wonen")
    if "wonen" in toot("tags_followed"):
        fail("tags_unfollow", "the tag is still followed")


def posts():
    base, token = setting("BASE"), setting("TOKEN")
    plan = post("Een plan voor #wonen", "-v", "public", "-l", "nl", "-p", "Lang verhaal", "-s")
    status = ask(base, token, f"/api/v1/statuses/{plan}")
    if (status["language"], status["spoiler_text"], status["sensitive"], status["visibility"]) != ("nl", "Lang verhaal", True, "public"):
        fail("post", f"the post is {status}")
    picture = post("Twee foto's", "-m", PICTURE, "-d", ALT, "-m", PICTURE, "-d", "Nog een")
    shown = [m["description"] for m in ask(base, token, f"/api/v1/statuses/{picture}")["media_attachments"]]
    if shown != [ALT, "Nog een"]:
        fail("post", f"the descriptions are {shown}")
    shows("upload", "/", "upload", PICTURE, "-d", ALT)
    toot("post", "--scheduled-in", "2 hours", "Straks")
    if [s["params"]["text"] for s in ask(base, token, "/api/v1/scheduled_statuses")] != ["Straks"]:
        fail("post", "the post for later is not there")

    answer = post("Een antwoord", "-r", plan)
    shows("thread", "Een plan", "thread", answer)
    for command in ("favourite", "unfavourite", "pin", "unpin", "bookmark"):
        toot(command, plan)
    shows("bookmarks", "Een plan", "bookmarks", "--once")
    toot("unbookmark", plan)
    if "Een plan" in toot("bookmarks", "--once"):
        fail("unbookmark", "the post is still among the bookmarks")
    toot("reblog", plan, "-v", "public")
    shows("reblogged_by", "@anna", "reblogged_by", plan)
    toot("unreblog", plan)
    for words in (["--public"], ["--public", "--local"], ["--tag", "wonen"], ["--reverse"]):
        shows("timeline", "Een plan", "timeline", "--once", "-c", "20", *words)
    wrong = post("Dit klpot niet")
    toot("delete", wrong)
    if "klpot" in toot("timeline", "--once"):
        fail("delete", "the post is still there")


def others(me):
    """What comes from the other node: a list's timeline, a mention, and the full-screen program with both."""
    base, token = setting("BASE"), setting("TOKEN")
    there, bas = setting("OTHER_BASE"), setting("OTHER_TOKEN")
    person = next(a for a in ask(base, token, "/api/v2/search?q=" + urllib.parse.quote(setting("PERSON")))["accounts"])
    made = ask(base, token, "/api/v1/lists", {"title": "Water"})
    ask(base, token, f"/api/v1/lists/{made['id']}/accounts", {"account_ids[]": person["id"]})
    ask(there, bas, "/api/v1/statuses", {"status": f"@{me} Kun jij dit lezen"})
    wait("timeline", "a post of the list", lambda: "Kun jij" in toot("timeline", "--once", "--list", made["id"]))
    wait("notifications", "the mention", lambda: "Kun jij" in toot("notifications", "--mentions"))
    shows("notifications", "Kun jij", "notifications", "--reverse")
    screen("Kun jij", b"q")  # the newest post is the one that it opens
    toot("notifications", "--clear")
    if "Kun jij" in toot("notifications"):
        fail("notifications", "they are still there")
    toot("logout", me)
    if me in toot("auth"):
        fail("logout", f"{me} is still logged in")


me = accounts()
people(me)
posts()
others(me)
said = subprocess.run(["toot", "--help"], env=day.environment, capture_output=True, text=True, check=True).stdout
commands = set(re.findall(r"^  toot (\w+)  ", said, re.MULTILINE))
wrong = [f"{name} was not run" for name in sorted(commands - called - set(LEFT_OUT))]
wrong += [f"{name} is said to be left out, and is run or not there" for name in LEFT_OUT if name in called or name not in commands]
print(json.dumps({"called": len(called), "methods": len(commands)}))
sys.exit("\n".join(wrong) if wrong else 0)
