# SPDX-FileCopyrightText: 2026 The pleio-node authors
# SPDX-License-Identifier: EUPL-1.2
"""A day's work with toot (Debian's package), run as its user runs it: by its command line. See README.md."""
import os
import re
import subprocess
import tempfile
import urllib.parse

import oauthpage
from steps import ALT, PICTURE, done, fail, setting, wait

home = tempfile.TemporaryDirectory(prefix="pleio-toot.")
environment = dict(os.environ, XDG_CONFIG_HOME=home.name, PYTHONUNBUFFERED="1", COLUMNS="200")


def toot(step, *words):
    """Runs toot and gives what it printed. It exits with 0 on errors of the server too, so standard error counts as well."""
    ran = subprocess.run(["toot", *words], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    if ran.returncode != 0 or ran.stderr.strip():
        fail(step, f"toot {' '.join(words)}: {ran.stderr.strip() or ran.stdout.strip() or ran.returncode}")
    return ran.stdout


def login(host, email, password):
    talk = subprocess.Popen(["toot", "login", "--no-color", "--disable-https", "-i", host], env=environment,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    shown = []
    for line in talk.stdout:
        shown.append(line)
        if line.startswith("http"):
            break
    else:
        fail("login", f"toot login shows no address to open: {''.join(shown)}")
    rest, _ = talk.communicate("n\n" + oauthpage.code(line.strip(), email, password) + "\n", timeout=60)
    if talk.returncode != 0 or "Access token saved" not in rest:
        fail("login", f"toot login: {rest}")


def entries(listing):
    """Cuts what toot prints of a timeline into posts, each with its id: (id, text)."""
    posts = []
    for part in re.split(r"\n─+\n?", listing):
        found = re.search(r"^ID (\S+)", part, re.MULTILINE)
        if found:
            posts.append((found.group(1), part))
    return posts


def timeline(step):
    return entries(toot(step, "timeline", "--once", "--no-color", "-c", "20"))


def containing(text, posts):
    return next((number for number, shown in posts if text in shown), None)


def work():
    host = urllib.parse.urlsplit(setting("BASE")).netloc
    login(host, setting("EMAIL"), setting("PASSWORD"))
    done("login")

    done("whoami", acct=re.search(r"@(\S+)", toot("whoami", "whoami", "--no-color")).group(1))

    text = "Goedemorgen vanuit toot"
    toot("posted", "post", "--no-color", text)
    done("posted", text=text)

    if not containing(text, timeline("home")):
        fail("home", f"the home timeline does not show {text!r}")
    done("home")

    toot("uploaded", "post", "--no-color", "-m", PICTURE, "-d", ALT, "Een foto")
    if not containing("Een foto", timeline("uploaded")):
        fail("uploaded", "the home timeline does not show the post with the picture")
    done("uploaded")

    person = setting("PERSON")
    if f"@{person}" not in toot("searched", "search", "--no-color", "-r", person):
        fail("searched", f"the search for {person} does not show it")
    done("searched")

    for step, name in (("followed", setting("PERSON")), ("joined", setting("GROUP"))):
        toot(step, "follow", "--no-color", name)
        mine = logged_in()
        wait(step, f"the acceptance of {name}", lambda: name in toot(step, "following", "--no-color", mine))
        done(step, acct=name)

    expected = setting("EXPECT")
    number = wait("read", f"a post with {expected!r} in the home timeline", lambda: containing(expected, timeline("read")))
    done("read", id=number)

    toot("kept", "bookmark", "--no-color", number)
    if not containing(expected, entries(toot("kept", "bookmarks", "--once", "--no-color"))):
        fail("kept", f"the bookmarks do not show {expected!r}")
    done("kept")

    # What toot answers may be the boost of a post; the thread is that of the post, so look at it from the reply.
    text = "Antwoord vanuit toot"
    toot("replied", "post", "--no-color", "-r", number, f"@{person} {text}")
    reply = containing(text, timeline("replied"))
    if not reply:
        fail("replied", f"the home timeline does not show {text!r}")
    done("replied", id=reply, text=text)

    if not containing(expected, entries(toot("context", "thread", "--no-color", reply))):
        fail("context", f"the thread of the reply {reply} does not show {expected!r}")
    done("context")

    text = "Een vraag aan de groep vanuit toot"
    toot("grouped", "post", "--no-color", f"@{setting('GROUP')} {text}")
    done("grouped", text=text)

    notice = setting("NOTICE")
    wait("notified", f"a mention with {notice!r}", lambda: notice in toot("notified", "notifications", "--no-color", "--mentions"))
    done("notified")
    done("done")


def logged_in():
    """The account that toot is logged in with, as toot names it: anna@127.0.0.1:4000."""
    return re.search(r"(\S+@\S+)", toot("auth", "auth", "--no-color")).group(1)


if __name__ == "__main__":
    work()
