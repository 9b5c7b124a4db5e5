# SPDX-FileCopyrightText: 2026 The pleio-node authors
# SPDX-License-Identifier: EUPL-1.2
"""A day's work with Mastodon.py 1.8.0 (Debian's python3-mastodon); see README.md."""
from mastodon import Mastodon, MastodonError

import oauthpage
from steps import ALT, OOB, PICTURE, done, fail, setting, wait

SCOPES = ["read", "write", "follow", "push"]


def handle(client, step, name):
    """The account behind a handle of another node, found by search as the client's own search box does."""
    found = client.search_v2(name, resolve=True, result_type="accounts").accounts
    if not found:
        fail(step, f"the search for {name} found nobody")
    return found[0]


def follow(client, step, name):
    account = handle(client, step, name)
    client.account_follow(account.id)
    wait(step, f"the acceptance of {name}", lambda: client.account_relationships(account.id)[0].following)
    done(step, id=str(account.id), acct=account.acct)


def work():
    base = setting("BASE")
    app, secret = Mastodon.create_app("Mastodon.py", scopes=SCOPES, redirect_uris=OOB, api_base_url=base)
    client = Mastodon(client_id=app, client_secret=secret, api_base_url=base)
    key = oauthpage.second_factor(base, setting("EMAIL"), setting("PASSWORD"))
    done("secured")
    url = client.auth_request_url(redirect_uris=OOB, scopes=SCOPES)
    client.log_in(code=oauthpage.code(url, setting("EMAIL"), setting("PASSWORD"), key), redirect_uri=OOB, scopes=SCOPES)
    done("login")

    done("whoami", acct=client.account_verify_credentials().acct)

    text = "Goedemorgen vanuit Mastodon.py"
    post = client.status_post(text, visibility="public", language="nl")
    done("posted", id=str(post.id), text=text)

    home = client.timeline_home()
    if post.id not in [status.id for status in home]:
        fail("home", f"the post {post.id} is not among the {len(home)} of the home timeline")
    done("home")

    media = client.media_post(PICTURE, mime_type="image/png", description="Nog geen", synchronous=True)
    media = client.media_update(media, description=ALT)
    picture = client.status(client.status_post("Een foto", media_ids=[media]).id)
    shown = [attachment.description for attachment in picture.media_attachments]
    if shown != [ALT]:
        fail("uploaded", f"the descriptions of the pictures are {shown}, not {[ALT]}")
    done("uploaded", id=str(picture.id))

    found = client.search_v2(post.url, resolve=True, result_type="statuses").statuses
    if [status.id for status in found] != [post.id]:
        fail("searched", f"the search for {post.url} found {[status.id for status in found]}, not {[post.id]}")
    done("searched")

    follow(client, "followed", setting("PERSON"))
    follow(client, "joined", setting("GROUP"))

    expected = setting("EXPECT")

    def arrived():
        for status in client.timeline_home():
            shown = status.reblog or status
            if expected in shown.content:
                return shown
        return None

    read = wait("read", f"a post with {expected!r} in the home timeline", arrived)
    done("read", id=str(read.id), uri=read.uri)

    client.status_bookmark(read.id)
    if read.id not in [status.id for status in client.bookmarks()]:
        fail("kept", f"the post {read.id} is not among the bookmarks")
    client.markers_set("home", read.id)
    if client.markers_get("home")["home"].last_read_id != read.id:
        fail("kept", f"the marker of the home timeline is {client.markers_get('home')}, not {read.id}")
    done("kept")

    text = "Antwoord vanuit Mastodon.py"
    reply = client.status_reply(read, text)
    if reply.in_reply_to_id != read.id:
        fail("replied", f"the reply answers {reply.in_reply_to_id}, not {read.id}")
    done("replied", id=str(reply.id), text=text)

    if reply.id not in [status.id for status in client.status_context(read.id).descendants]:
        fail("context", f"the reply {reply.id} is not among the answers to {read.id}")
    done("context")

    text = "Een vraag aan de groep vanuit Mastodon.py"
    client.status_post(f"@{setting('GROUP')} {text}")
    done("grouped", text=text)

    notice = setting("NOTICE")
    wait("notified", f"a mention with {notice!r}", lambda: [
        n for n in client.notifications() if n.type == "mention" and notice in n.status.content])
    done("notified")
    done("done")


try:
    work()
except MastodonError as error:
    fail("Mastodon.py", f"{type(error).__name__}: {error}")
