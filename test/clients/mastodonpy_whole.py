# SPDX-FileCopyrightText: 2026 The pleio-node authors
# SPDX-License-Identifier: EUPL-1.2
"""Every method of Mastodon.py 1.8.0 (Debian's python3-mastodon), on two nodes; see README.md."""
import datetime
import functools
import inspect
import json
import sys
import time
import warnings

from mastodon import Mastodon, MastodonError, StreamListener

import oauthpage
from steps import ALT, OOB, PICTURE, setting

warnings.simplefilter("ignore")  # what the library itself says is old is tried too
SCOPES = ["read", "write", "follow", "push"]

# What the library has and a node does not answer, or what is no question to a node at all, and why.
LEFT_OUT = {
    "follows": "POST /api/v1/follows left Mastodon in 3.0",
    "reports": "GET /api/v1/reports left Mastodon in 2.5",
    "push_subscription_decrypt_push": "needs a message of a browser's push service; the tests of push decrypt what a node sends",
    "filters_apply": "done without the node",
    "decode_blurhash": "needs the package blurhash",
    "set_language": "asks nothing", "get_supported_version": "asks nothing",
}
called, problems = set(), []


class Noting(Mastodon):
    """The library, which notes what is called of it."""

    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        if name.startswith("_") or not inspect.ismethod(found):
            return found

        @functools.wraps(found)
        def call(*args, **named):
            called.add(name)
            return found(*args, **named)
        return call


def client(base, token):
    return Noting(access_token=token, api_base_url=base, ratelimit_method="throw")


def check(holds, what, got=""):
    if not holds:
        problems.append(f"{what}: {got}"[:1200])


def until(what, find):
    end = time.monotonic() + 20
    while True:
        found = find()
        if found:
            return found
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not in 20 s")
        time.sleep(0.1)


def has(page, one):
    return any(other.id == getattr(one, "id", one) for other in page)


def refused(what, call, *args):
    try:
        got = call(*args)
    except MastodonError:
        return
    problems.append(f"{what} is not refused: {got}"[:600])


def login():
    base = setting("BASE")
    app, secret = Mastodon.create_app("Mastodon.py", scopes=SCOPES, redirect_uris=OOB, api_base_url=base)
    called.add("create_app")
    one = Noting(client_id=app, client_secret=secret, api_base_url=base)
    one.log_in(code=oauthpage.code(one.auth_request_url(redirect_uris=OOB, scopes=SCOPES), setting("EMAIL"), setting("PASSWORD")),
               redirect_uri=OOB, scopes=SCOPES)
    check(one.app_verify_credentials().name == "Mastodon.py", "the app")
    one.revoke_access_token()
    refused("a revoked token", one.account_verify_credentials)
    newcomer = Noting(client_id=app, client_secret=secret, api_base_url=base)
    check(newcomer.create_account("nieuw", setting("PASSWORD"), "nieuw@node.example", agreement=True, reason="Ik werk hier", scopes=SCOPES), "the sign-up")


def people():
    me = anna.account_update_credentials(display_name="Anna", note="Werkt aan #wonen", avatar=PICTURE, header=PICTURE, discoverable=True,
                                         fields=[("Afdeling", "Wonen")])
    check(me.display_name == "Anna" and me.fields[0].value == "Wonen", "the changed profile", me)
    check(anna.me().id == anna.account_verify_credentials().id == me.id and anna.account(me.id).acct == "anna", "who I am")
    person = anna.search_v2(setting("PERSON"), resolve=True, result_type="accounts").accounts[0]
    here = bas.search_v2(f"anna@{setting('BASE').split('//')[1]}", resolve=True, result_type="accounts").accounts[0]
    check(anna.account_lookup(setting("PERSON")).id == person.id and has(anna.account_search("bas"), person), "the person")
    other = berend.me()

    def relation(of, to):
        return of.account_relationships(to)[0]

    anna.account_follow(person, notify=True)
    until("bas's node accepts anna", lambda: relation(anna, person).following)
    check(has(anna.account_following(me), person), "whom anna follows")
    anna.account_update_credentials(locked=True)
    for answer in (anna.follow_request_reject, anna.follow_request_authorize):
        bas.account_follow(here)
        until("the request comes", lambda: has(anna.follow_requests(), person))
        answer(person)
        until("bas sees the answer", lambda: not relation(bas, here).requested)
    check(relation(bas, here).following and has(anna.account_followers(me), person), "who follows anna")
    anna.account_update_credentials(locked=False)
    anna.account_follow(other)
    anna.account_unfollow(other)
    check(not relation(anna, other).following, "anna follows berend no more")
    anna.account_follow(other)
    berend.account_follow(me)
    anna.account_remove_from_followers(other)
    check(not relation(berend, me).following, "berend was removed")
    berend.account_follow(me)
    check(anna.account_mute(other, duration=3600).muting and has(anna.mutes(), other) and not anna.account_unmute(other).muting, "muting")
    check(anna.account_block(other).blocking and has(anna.blocks(), other) and not anna.account_unblock(other).blocking, "blocking")
    anna.account_follow(other)
    berend.account_follow(me)
    anna.domain_block("slecht.example")
    check("slecht.example" in anna.domain_blocks(), "the blocked domains")
    anna.domain_unblock("slecht.example")
    check(anna.account_note_set(other, "Collega").note == "Collega", "the note")
    check(anna.account_pin(person).endorsed and has(anna.endorsements(), person) and not anna.account_unpin(person).endorsed, "endorsing")
    check(anna.account_familiar_followers(person)[0].id == person.id, "familiar followers")
    check(anna.preferences()["posting:default:visibility"], "preferences")
    check(isinstance(anna.suggestions(), list), "suggestions")
    anna.suggestion_delete(other)
    check(has(anna.directory(local=True), me), "the directory")
    refused("the e-mail of somebody who has confirmed it", anna.email_resend_confirmation)
    tag = anna.featured_tag_create("wonen")
    check(has(anna.featured_tags(), tag) and isinstance(anna.featured_tag_suggestions(), list) and anna.account_featured_tags(me), "featured tags")
    anna.featured_tag_delete(tag)
    world.update(me=me, person=person, here=here, other=other)


def posts():
    me, person, other = world["me"], world["person"], world["other"]
    post = anna.status_post("Een plan voor #wonen", visibility="public", language="nl", spoiler_text="Lang", idempotency_key="een")
    check(anna.status_post("Een plan voor #wonen", visibility="public", language="nl", spoiler_text="Lang", idempotency_key="een").id == post.id, "the same post twice")
    check(anna.status(post).language == "nl" and anna.toot("Kort").content, "the new post", post)
    check(anna.status_update(post, status="Een beter plan voor #wonen").edited_at, "the edited post")
    check(len(anna.status_history(post)) == 2 and "beter" in anna.status_source(post).text, "the versions of the post")
    there = until("the other node has it", lambda: bas.search_v2(post.uri, resolve=True, result_type="statuses").statuses)[0]
    until("the edit reaches the other node", lambda: "beter" in bas.status(there).content)
    bas.status_favourite(there)
    bas.status_reblog(there)
    answer = bas.status_reply(there, "Goed plan")
    until("the favourite comes", lambda: has(anna.status_favourited_by(post), person))
    until("the boost comes", lambda: has(anna.status_reblogged_by(post), person))
    until("the answer comes", lambda: [s for s in anna.status_context(post).descendants if s.uri == answer.uri])
    bas.status_unfavourite(there)
    bas.status_unreblog(there)
    until("both are taken back", lambda: not anna.status_favourited_by(post) and not anna.status_reblogged_by(post))
    berend.status_favourite(post)
    check(has(berend.favourites(), post), "favourites")
    check(berend.status_bookmark(post).bookmarked and has(berend.bookmarks(), post) and not berend.status_unbookmark(post).bookmarked, "bookmarks")
    check(anna.status_mute(post).muted and not anna.status_unmute(post).muted, "the muted conversation")
    check(anna.status_pin(post).pinned and has(anna.account_statuses(me, pinned=True), post) and not anna.status_unpin(post).pinned, "the pinned post")
    link = anna.status_post(f"Lees {person.url}")
    until("the card", lambda: (anna.status_card(link) or {}).get("url") == person.url)

    media = anna.media_post(PICTURE, mime_type="image/png", description=ALT, focus=(0.1, 0.2), synchronous=True)
    check(anna.media(media).description == ALT and anna.media_update(media, description="Bomen").description == "Bomen", "the picture", media)
    picture = anna.status_post("Een foto", media_ids=[media], sensitive=True)
    check(picture.sensitive and picture.media_attachments[0].description == "Bomen", "the post with a picture", picture)

    asked = anna.status_post("Welke dag?", poll=anna.make_poll(["maandag", "dinsdag"], 3600, multiple=True, hide_totals=False))
    berend.poll_vote(asked.poll, [0, 1])  # it gives nothing back
    check(berend.poll(asked.poll).voted, "berend's vote")
    poll = until("the poll is there", lambda: [s.poll for s in bas.search_v2(asked.uri, resolve=True).statuses if s.poll])[0]
    bas.poll_vote(poll, [1])
    until("bas's vote is counted", lambda: [o.votes_count for o in anna.poll(asked.poll).options] == [1, 2])

    planned = anna.status_post("Straks", scheduled_at=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1))
    check(has(anna.scheduled_statuses(), planned) and anna.scheduled_status(planned).id == planned.id, "the scheduled post", planned)
    anna.scheduled_status_update(planned, datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2))
    anna.scheduled_status_delete(planned)
    check(not anna.scheduled_statuses(), "the scheduled post is gone")
    wrong = anna.status_post("Dit klpot niet")
    check(anna.status_delete(wrong).text == "Dit klpot niet", "the text of a removed post")
    refused("a removed post", anna.status, wrong)
    world["post"] = post


def reading():
    me, person, here, post = (world[name] for name in ("me", "person", "here", "post"))
    made = anna.list_create("Water")
    anna.list_accounts_add(made, [person])
    check(has(anna.list_accounts(made), person) and has(anna.account_lists(person), made) and has(anna.lists(), made), "the list")
    check(anna.list_update(made, "Waterschap").title == "Waterschap" and anna.list(made).title == "Waterschap", "the title of the list")
    for n in range(4):
        bas.status_post(f"Bericht {n} over #wonen")
    until("the list has the posts", lambda: len(anna.timeline_list(made)) >= 4)
    check(has(anna.timeline_home(limit=40), post) and has(anna.timeline_local(limit=40), post) and anna.timeline_public(remote=True), "the timelines")
    check(has(anna.timeline_hashtag("wonen", limit=40), post), "the timeline of a tag")
    first = anna.timeline_list(made, limit=2)
    second = anna.fetch_next(first)
    check(len(second) == 2 and second[0].id < first[-1].id and has(anna.fetch_previous(second), first[-1]), "pages", (first, second))
    check(len(anna.fetch_remaining(anna.timeline_list(made, limit=2))) >= 4, "all pages")
    anna.list_accounts_delete(made, [person])
    anna.list_delete(made)
    check(not has(anna.lists(), made), "the list is gone")

    bas.status_post(f"@{here.acct} Onder ons", visibility="direct")
    talk = until("the conversation", lambda: [c for c in anna.conversations() if c.unread])[0]
    check(not anna.conversations_read(talk).unread, "the conversation is read")
    mention = until("the mention", lambda: anna.notifications(types=["mention"]))[0]
    check(anna.notifications(id=mention.id).id == mention.id, "a notification")
    anna.notifications_dismiss(mention)
    check(not has(anna.notifications(), mention), "the dismissed notification")
    anna.notifications_clear()
    check(not anna.notifications(), "no notifications are left")
    anna.markers_set("home", post)
    check(anna.markers_get("home")["home"].last_read_id == post.id, "the marker")

    words = anna.filter_create("taart", ["home"], whole_word=True)
    check(has(anna.filters(), words) and anna.filter(words).phrase == "taart", "the filter", words)
    check(anna.filter_update(words, phrase="koek", context=["home", "public"], irreversible=False, whole_word=True, expires_in=3600).phrase == "koek", "the changed filter")
    anna.filter_delete(words)
    check(has(anna.search("berend").accounts, world["other"]) and anna.get_approx_server_time(), "the search and the time")
    check(has(anna.search_v1("berend").accounts, world["other"]), "the old search")
    for trend in (anna.trends, anna.trending_tags, anna.trending_statuses, anna.trending_links):
        check(isinstance(trend(), list), f"{trend.__name__}")
    announcement = anna.announcements()[0]
    anna.announcement_reaction_create(announcement, "🎉")
    check(anna.announcements()[0].reactions[0].me, "the reaction")
    anna.announcement_reaction_delete(announcement, "🎉")
    anna.announcement_dismiss(announcement)
    check(anna.instance().title == "Gouda" and anna.instance_rules() and anna.instance_activity() and anna.instance_peers(), "the node")
    check(anna.instance_health() and anna.instance_nodeinfo().software.name == "pleio-node" and anna.retrieve_mastodon_version(), "the node's health and version")
    check([e for e in anna.custom_emojis() if e.shortcode == "plein"], "the emojis")

    _, public = anna.push_subscription_generate_keys()
    made = anna.push_subscription_set("https://push.example/een", public, mention_events=True)
    check(made.alerts.mention and anna.push_subscription().endpoint == "https://push.example/een", "the push subscription", made)
    check(anna.push_subscription_update(follow_events=True).alerts.follow, "the changed push subscription")
    anna.push_subscription_delete()
    refused("a removed push subscription", anna.push_subscription)


def streams():
    class Listener(StreamListener):
        def __init__(self):
            self.seen = []

        def on_update(self, status):
            self.seen.append(status.content)

        def on_conversation(self, conversation):
            self.seen.append(conversation.last_status.content)

        def on_abort(self, err):
            problems.append(f"a stream ended with {err}")

    made = anna.list_create("Stroom")
    anna.list_accounts_add(made, [world["person"]])
    ears = {}
    for name, start in {
        "user": anna.stream_user, "public": anna.stream_public, "local": anna.stream_local, "direct": anna.stream_direct,
        "hashtag": functools.partial(anna.stream_hashtag, "stroom"), "list": functools.partial(anna.stream_list, made),
    }.items():
        ears[name] = Listener()
        start(ears[name], run_async=True)  # closing it waits for the next thing that is sent; they end with the program
    time.sleep(0.5)
    anna.status_post("Hier #stroom")
    bas.status_post("Daar #stroom")
    bas.status_post(f"@{world['here'].acct} Onder ons in de stroom", visibility="direct")
    wanted = {"user": "Hier", "public": "Daar", "local": "Hier", "direct": "Onder ons", "hashtag": "Daar", "list": "Daar"}
    for name, text in wanted.items():
        until(f"{text} on the stream {name}", lambda: [content for content in ears[name].seen if text in content])
    check(anna.stream_healthy(), "the health of streaming")


def administration():
    person, other = world["person"], world["other"]
    rude = bas.status_post(f"@{world['here'].acct} Dit is niet aardig")
    seen = until("the post is here", lambda: anna.search_v2(rude.uri, resolve=True).statuses)[0]
    report = anna.report(person, [seen], "Niet aardig", forward=True, category="violation", rule_ids=[anna.instance_rules()[0].id])
    check(has(admin.admin_reports(), report) and admin.admin_report(report).target_account.id == person.id, "the report", report)
    check(admin.admin_report_assign(report).assigned_account and not admin.admin_report_unassign(report).assigned_account, "whose report it is")
    check(admin.admin_report_resolve(report).action_taken and not admin.admin_report_reopen(report).action_taken, "the resolved report")

    waiting = admin.admin_accounts_v2(status="pending")
    check([a for a in waiting if a.username == "nieuw"], "who waits", waiting)
    admin.admin_account_approve(waiting[0])
    check(admin.admin_accounts_v1(remote=False) and admin.admin_accounts() and admin.admin_account(other).username == "berend", "the accounts")
    for action, undo in (("sensitive", admin.admin_account_unsensitive), ("silence", admin.admin_account_unsilence),
                         ("disable", admin.admin_account_enable), ("suspend", admin.admin_account_unsuspend)):
        admin.admin_account_moderate(other, action)
        check(undo(other).id == other.id, f"the end of {action}")
    refused("the refusal of who is in already", admin.admin_account_reject, other)
    admin.admin_account_moderate(waiting[0], "suspend")
    admin.admin_account_delete(waiting[0])

    block = admin.admin_create_domain_block("slecht.example", severity="silence", public_comment="Reclame")
    check(has(admin.admin_domain_blocks(), block) and admin.admin_domain_blocks(block.id).domain == "slecht.example", "the blocked domain", block)
    check(admin.admin_update_domain_block(block, severity="suspend").severity == "suspend", "the changed block")
    admin.admin_delete_domain_block(block)
    now = datetime.datetime.now(datetime.timezone.utc)
    week = now - datetime.timedelta(days=7)
    check(len(admin.admin_measures(week, now, active_users=True, new_users=True, interactions=True)) == 3, "the measures")
    check(len(admin.admin_dimensions(week, now, languages=True, sources=True, servers=True, space_usage=True, software_versions=True)) == 5, "the dimensions")
    check(isinstance(admin.admin_retention(week, now), list), "the retention")
    for trend in (admin.admin_trending_tags, admin.admin_trending_statuses, admin.admin_trending_links):
        check(isinstance(trend(), list), trend.__name__)


world = {}
anna, berend = (client(setting("BASE"), setting(name)) for name in ("TOKEN", "LOCAL_TOKEN"))
admin, bas = client(setting("BASE"), setting("ADMIN_TOKEN")), client(setting("OTHER_BASE"), setting("OTHER_TOKEN"))
for section in (login, people, posts, reading, streams, administration):
    began = time.monotonic()
    try:
        section()
    except Exception as error:  # what is wrong in one section does not keep the next from being tried
        where = error.__traceback__
        lines = []
        while where:
            lines.append(str(where.tb_lineno))
            where = where.tb_next
        problems.append(f"{section.__name__}: {type(error).__name__}: {error} (lines {', '.join(lines)})"[:1200])
    print(json.dumps({"section": section.__name__, "ms": round((time.monotonic() - began) * 1000)}), flush=True)

public = {name for name, found in inspect.getmembers(Mastodon, callable) if not name.startswith("_") and inspect.isroutine(found)}
if not problems:
    problems += [f"{name} was not called" for name in sorted(public - called - set(LEFT_OUT))]
    problems += [f"{name} is said to be left out, and is called or not there" for name in LEFT_OUT if name in called or name not in public]
print(json.dumps({"called": len(called), "methods": len(public)}), flush=True)
sys.exit("\n".join(problems) if problems else 0)
