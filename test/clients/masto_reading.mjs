// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// Timelines, notifications, filters, search, and what the node says of itself, as masto has it. See masto_whole.mjs.

import { check, has, refused, until } from "./sections.mjs";

export async function reading(world) {
  await timelines(world);
  await conversations(world);
  await notifications(world);
  await filters(world);
  await search(world);
  await instance(world);
  await push(world);
}

async function timelines({ anna, berend, me, list, open, there }) {
  const link = there.url; // a page that can be had
  const post = await anna.v1.statuses.create({ status: `Lees ${link} over #wonen` });
  check(has(await anna.v1.timelines.home.list({ limit: 5 }), post.id), "the home timeline");
  check(has(await open.v1.timelines.public.list({ local: true }), post.id), "the local timeline");
  check((await open.v1.timelines.public.list({ remote: true })).every((s) => s.account.acct.includes("@")), "the timeline of elsewhere");
  check((await open.v1.timelines.public.list({ onlyMedia: true })).every((s) => s.mediaAttachments.length > 0), "the timeline of pictures");
  check(has(await open.v1.timelines.tag.$select("wonen").list(), post.id), "the timeline of a tag");
  check((await anna.v1.timelines.list.$select(list.id).list()).every((s) => s.account.acct.includes("bas")), "the timeline of a list");
  await until("the timeline of a link has the post", async () => has(await await open.v1.timelines.link.list({ url: link }).then((page) => page, () => []), post.id));
  check((await anna.v1.statuses.$select(post.id).card.fetch()).url === link, "the card of a post");
  check((await berend.v1.accounts.$select(me.id).statuses.list({ excludeReblogs: true, excludeReplies: true })).length > 3, "the posts of an account");

  // Two pages have no post in common, and come in order.
  const pager = anna.v1.timelines.home.list({ limit: 3 }).values();
  const [first, second] = [(await pager.next()).value, (await pager.next()).value];
  check(first.length === 3 && second.length === 3 && first.at(-1).id > second[0].id, "two pages of the home timeline", [first, second].map((p) => p.map((s) => s.id)));

  check((await anna.v1.markers.create({ home: { lastReadId: post.id } })).home.lastReadId === post.id, "the marker");
  check((await anna.v1.markers.fetch({ timeline: ["home"] })).home.lastReadId === post.id, "the marker that was kept");
  for (const kind of ["tags", "statuses", "links"]) check(Array.isArray(await open.v1.trends[kind].list()), `the trending ${kind}`);
}

async function conversations({ anna, bas, here }) {
  await bas.v1.statuses.create({ status: `@${here.acct} Nog iets onder ons`, visibility: "direct" });
  const one = await until("the conversation is there", async () => (await anna.v1.conversations.list()).find((c) => c.unread && c.lastStatus.content.includes("Nog iets")));
  check(!(await anna.v1.conversations.$select(one.id).read()).unread, "the conversation is read");
  check((await anna.v1.timelines.direct.list()).some((s) => s.id === one.lastStatus.id), "the timeline of direct messages");
  await anna.v1.conversations.$select(one.id).remove();
  check(!has(await anna.v1.conversations.list(), one.id), "the conversation is gone");
}

async function notifications(world) {
  const { anna, bas, berend, here, post } = world;
  await bas.v1.statuses.create({ status: `@${here.acct} Zie je dit` });
  await until("the mention is there", async () => (await anna.v1.notifications.list({ types: ["mention"] })).some((n) => n.status.content.includes("Zie je dit")));
  check((await anna.v1.notifications.fetch({ types: ["mention"], limit: 1 })).length === 1, "one notification");
  await berend.v1.statuses.$select(post.id).favourite();
  const all = await anna.v1.notifications.list();
  check(all.some((n) => n.type === "favourite") && all.some((n) => n.type === "follow_request" || n.type === "follow"), "the kinds of notifications", all.map((n) => n.type));
  check((await anna.v1.notifications.unreadCount.fetch()).count > 0, "how many are unread");
  check((await anna.v1.notifications.$select(all[0].id).fetch()).id === all[0].id, "a notification");
  await anna.v1.notifications.$select(all[0].id).dismiss();
  await refused(404, "a dismissed notification", () => anna.v1.notifications.$select(all[0].id).fetch());

  const { notificationGroups } = await anna.v2.notifications.list({ groupedTypes: ["favourite", "reblog"] });
  const [group] = notificationGroups;
  check((await anna.v2.notifications.unreadCount.fetch()).count > 0, "how many groups are unread");
  const one = anna.v2.notifications.$select(group.groupKey);
  check((await one.fetch()).notificationGroups[0].groupKey === group.groupKey, "a group of notifications");
  check((await one.accounts.fetch()).length > 0, "whom a group of notifications is about");
  await one.dismiss();

  // Who is not followed asks first, and is let in.
  check((await anna.v2.notifications.policy.fetch()).forNotFollowing === "accept", "the policy");
  const request = async (words) => {
    await bas.v1.statuses.create({ status: `@${here.acct} ${words}` });
    return until("the request is there", async () => (await anna.v1.notifications.requests.list())[0]);
  };
  await anna.v1.accounts.$select(world.there.id).unfollow();
  await anna.v2.notifications.policy.update({ forNotFollowing: "filter" });
  let asked = await request("Mag ik");
  check((await anna.v1.notifications.requests.$select(asked.id).fetch()).account.id === world.there.id, "who asks");
  await anna.v1.notifications.requests.$select(asked.id).dismiss();
  asked = await request("Mag ik nu");
  await anna.v1.notifications.requests.dismiss({ id: [asked.id] });
  asked = await request("En nu");
  await anna.v1.notifications.requests.$select(asked.id).accept();
  await until("the accepted are merged", async () => (await anna.v1.notifications.requests.merged.fetch()).merged);
  await until("the mention is among the notifications", async () => (await anna.v1.notifications.list()).some((n) => n.status?.content.includes("En nu")));
  await anna.v1.notifications.requests.accept({ id: [] }).catch((error) => check(error.statusCode === 422, "accepting no request", error.statusCode));
  await anna.v2.notifications.policy.update({ forNotFollowing: "accept" });
  await anna.v1.accounts.$select(world.there.id).follow();
  await anna.v1.notifications.clear();
  check((await anna.v1.notifications.list()).length === 0, "no notifications are left");
}

async function filters({ anna, berend }) {
  const filter = await anna.v2.filters.create({ title: "Eten", context: ["home", "public"], filterAction: "warn", keywordsAttributes: [{ keyword: "taart", wholeWord: true }] });
  check(filter.keywords[0].keyword === "taart", "the filter", filter);
  const one = anna.v2.filters.$select(filter.id);
  const post = await berend.v1.statuses.create({ status: "Er is taart" });
  check((await anna.v1.statuses.$select(post.id).fetch()).filtered[0]?.filter.id === filter.id, "what matches a filter says so");
  const word = await one.keywords.create({ keyword: "koek" });
  check((await one.keywords.list()).length === 2, "the words of the filter");
  const words = anna.v2.filters.keywords.$select(word.id);
  check((await words.update({ keyword: "koekje", wholeWord: false })).keyword === "koekje" && (await words.fetch()).keyword === "koekje", "the changed word");
  await words.remove();
  const status = await one.statuses.create({ statusId: post.id });
  check(has(await one.statuses.list(), status.id) && (await anna.v2.filters.statuses.$select(status.id).fetch()).statusId === post.id, "the filtered post");
  await anna.v2.filters.statuses.$select(status.id).remove();
  check((await one.update({ title: "Lekkers", filterAction: "hide" })).filterAction === "hide" && (await one.fetch()).title === "Lekkers", "the changed filter");
  check(has(await anna.v2.filters.list(), filter.id), "the filters");
  await one.remove();
  await refused(404, "a removed filter", () => one.fetch());

  const old = await anna.v1.filters.create({ phrase: "koffie", context: ["home"], wholeWord: true });
  const first = anna.v1.filters.$select(old.id);
  check((await first.update({ phrase: "thee", context: ["home", "thread"] })).phrase === "thee" && (await first.fetch()).phrase === "thee", "the old filter");
  check(has(await anna.v1.filters.list(), old.id), "the old filters");
  await first.remove();
}

async function search({ anna, bas, person, post, there }) {
  const found = async (q, more) => anna.v2.search.list({ q, ...more });
  check((await found(person, { type: "accounts", resolve: true })).accounts[0].id === there.id, "a person of another node is found");
  check((await found("#wonen", { type: "hashtags" })).hashtags[0]?.name === "wonen", "a tag is found");
  check(has((await found("beter plan from:me", { type: "statuses" })).statuses, post.id), "one's own post is found");
  const elsewhere = await bas.v1.statuses.create({ status: "Een adres om te zoeken" });
  check((await found(elsewhere.url, { resolve: true })).statuses[0]?.uri === elsewhere.uri, "a post of another node is found by its page");
  check((await anna.v1.search.list({ q: "berend" })).accounts.length > 0, "the old search");
}

async function instance({ open, anna, there }) {
  const node = await open.v2.instance.fetch();
  check(node.title === "Gouda" && node.apiVersions.mastodon >= 2 && node.rules.length === 1, "the node", node);
  check((await open.v1.instance.fetch()).title === "Gouda", "the node, the old way");
  check((await open.v1.instance.peers.list()).includes(there.acct.split("@")[1]), "the peers");
  check((await open.v1.instance.activity.list()).length > 0, "the activity");
  check((await open.v1.instance.extendedDescription.fetch()).content.includes("Gouda"), "what the node says of itself");
  check(typeof (await open.v1.instance.translationLanguages.list()) === "object", "the languages of translations");
  check(Array.isArray(await open.v1.instance.domainBlocks.fetch()), "the blocked domains");
  check((await open.v1.customEmojis.list()).some((e) => e.shortcode === "plein"), "the emojis");
  const [announcement] = await anna.v1.announcements.list();
  const reaction = anna.v1.announcements.$select(announcement.id).reactions.$select("🎉");
  await reaction.update();
  check((await anna.v1.announcements.list())[0].reactions.some((r) => r.name === "🎉" && r.me), "the reaction to the announcement");
  await reaction.remove();
  await anna.v1.announcements.$select(announcement.id).dismiss();
  check((await anna.v1.announcements.list()).every((a) => a.read !== false), "the announcement is read");
}

async function push({ anna, base }) {
  const keys = { p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", auth: "BTBZMqHH6r4Tts7J_aSIgg" };
  const made = await anna.v1.push.subscription.create({ subscription: { endpoint: `${base}/push`, keys }, data: { alerts: { mention: true } }, policy: "all" });
  check(made.alerts.mention && made.serverKey, "the push subscription", made);
  check((await anna.v1.push.subscription.fetch()).endpoint === `${base}/push`, "the push subscription that was kept");
  check((await anna.v1.push.subscription.update({ data: { alerts: { follow: true } }, policy: "followed" })).alerts.follow, "the changed push subscription");
  await anna.v1.push.subscription.remove();
  await refused(404, "a removed push subscription", () => anna.v1.push.subscription.fetch());
}
