// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// What people write, and what others do with it, here and on the other node, as masto has it. See masto_whole.mjs.

import { readFileSync } from "node:fs";
import { check, has, refused, until } from "./sections.mjs";

const picture = () => new File([readFileSync(new URL("picture.png", import.meta.url))], "picture.png", { type: "image/png" });

// same is a post of one node as another node has it, found by its address.
export async function same(client, status) {
  const { statuses } = await client.v2.search.list({ q: status.uri, resolve: true, type: "statuses" });
  if (statuses.length !== 1) throw new Error(`the search for ${status.uri} finds ${statuses.length} posts`);
  return statuses[0];
}

export async function posts(world) {
  await writing(world);
  await pictures(world);
  await polls(world);
  await quotes(world);
  await later(world);
  await tags(world);
  await group(world);
}

async function writing(world) {
  const { anna, bas, berend, me } = world;
  const post = await anna.v1.statuses.create({ status: "Een plan voor #wonen", language: "nl", spoilerText: "Lang", visibility: "public" });
  check(post.language === "nl" && post.spoilerText === "Lang" && post.visibility === "public", "the new post", post);
  const one = anna.v1.statuses.$select(post.id);
  world.post = post;
  check((await anna.v1.statuses.fetch({ id: [post.id] })).length === 1, "posts by their ids");
  const there = await until("the other node has the post", async () => same(bas, post).catch(() => undefined));

  await one.update({ status: "Een beter plan voor #wonen", spoilerText: "" });
  check((await one.history.list()).length === 2, "the versions of the post");
  check((await one.source.fetch()).text === "Een beter plan voor #wonen", "the source of the post");
  await until("the edit reaches the other node", async () => (await bas.v1.statuses.$select(there.id).fetch()).content.includes("beter plan"));

  await bas.v1.statuses.$select(there.id).favourite();
  await bas.v1.statuses.$select(there.id).reblog();
  const reply = await bas.v1.statuses.create({ status: `@${there.account.acct} Goed plan`, inReplyToId: there.id });
  await until("the favourite comes", async () => has(await one.favouritedBy.list(), world.there.id));
  await until("the boost comes", async () => has(await one.rebloggedBy.list(), world.there.id));
  await until("the answer comes", async () => (await one.context.fetch()).descendants.some((s) => s.uri === reply.uri));
  const counted = await one.fetch();
  check(counted.favouritesCount === 1 && counted.reblogsCount === 1 && counted.repliesCount === 1, "the counts of the post", counted);
  await bas.v1.statuses.$select(there.id).unfavourite();
  await bas.v1.statuses.$select(there.id).unreblog();
  await until("both are taken back", async () => (await one.favouritedBy.list()).length + (await one.rebloggedBy.list()).length === 0);

  const other = berend.v1.statuses.$select(post.id);
  check((await other.favourite()).favourited && has(await berend.v1.favourites.list(), post.id), "the favourites");
  check((await other.bookmark()).bookmarked && has(await berend.v1.bookmarks.list(), post.id), "the bookmarks");
  check(!(await other.unbookmark()).bookmarked, "the bookmark is gone");
  check((await other.reblog({ visibility: "unlisted" })).reblog.id === post.id, "the boost");
  check((await one.mute()).muted && !(await one.unmute()).muted, "the conversation is muted and not muted");
  check((await one.pin()).pinned && has(await anna.v1.accounts.$select(me.id).statuses.list({ pinned: true }), post.id), "the pinned posts");
  await until("the pin reaches the other node", async () =>
    (await bas.v1.accounts.$select(world.here.id).statuses.list({ pinned: true })).some((s) => s.uri === post.uri));
  check(!(await one.unpin()).pinned, "the post is pinned no more");
  await refused(403, "a translation, which is off,", () => one.translate());

  // Delete and redraft: what was removed comes back as text and pictures.
  const wrong = await anna.v1.statuses.create({ status: "Dit klpot niet" });
  const removed = await anna.v1.statuses.$select(wrong.id).remove();
  check(removed.text === "Dit klpot niet", "the text of a removed post", removed);
  await refused(404, "a removed post", () => anna.v1.statuses.$select(wrong.id).fetch());
}

async function pictures({ anna, bas }) {
  const media = await anna.v2.media.create({ file: picture(), description: "Een plein", focus: "0.1,0.2" });
  check(media.url && media.blurhash && media.description === "Een plein", "the picture", media);
  const changed = await anna.v1.media.$select(media.id).update({ description: "Een plein met bomen" });
  check(changed.description === "Een plein met bomen" && (await anna.v1.media.$select(media.id).fetch()).meta.focus.x === 0.1, "the changed picture", changed);
  const old = await anna.v1.media.create({ file: picture() }, { encoding: "multipart-form" });
  const post = await anna.v1.statuses.create({ mediaIds: [media.id, old.id], sensitive: true });
  check(post.mediaAttachments.length === 2 && post.sensitive, "the post with pictures", post);
  await anna.v1.statuses.$select(post.id).update({ status: "Twee", mediaIds: [media.id, old.id], mediaAttributes: [{ id: media.id, description: "Zonder bomen" }] });
  check((await anna.v1.statuses.$select(post.id).fetch()).mediaAttachments[0].description === "Zonder bomen", "the description in an edited post");
  const there = await until("the other node has the pictures", async () => same(bas, post).catch(() => undefined));
  await until("the other node has the descriptions", async () =>
    (await bas.v1.statuses.$select(there.id).fetch()).mediaAttachments[0]?.description === "Zonder bomen");
}

async function polls({ anna, bas, berend }) {
  const post = await anna.v1.statuses.create({ status: "Welke dag?", poll: { options: ["maandag", "dinsdag", "woensdag"], expiresIn: 3600, multiple: true } });
  const { id } = post.poll;
  check(post.poll.multiple && post.poll.options.length === 3, "the poll", post.poll);
  await refused(422, "a vote in one's own poll", () => anna.v1.polls.$select(id).votes.create({ choices: [0] }));
  check((await berend.v1.polls.$select(id).votes.create({ choices: [0, 1] })).voted, "berend's vote");
  const there = await until("the other node has the poll", async () => (await same(bas, post).catch(() => undefined))?.poll);
  check((await bas.v1.polls.$select(there.id).votes.create({ choices: [1] })).ownVotes.includes(1), "bas's vote");
  const counts = async (client, poll) => (await client.v1.polls.$select(poll).fetch()).options.map((o) => o.votesCount).join();
  await until("bas's vote is counted", async () => (await counts(anna, id)) === "1,2,0");
  await until("the count is told to the other node", async () => (await counts(bas, there.id)) === "1,2,0");
}

async function quotes({ anna, bas, me, there: person }) {
  const post = await anna.v1.statuses.create({ status: "Wie haalt dit aan?", quoteApprovalPolicy: "public" });
  const there = await until("the other node has the post", async () => same(bas, post).catch(() => undefined));
  const quote = await bas.v1.statuses.create({ status: "Ik", quotedStatusId: there.id });
  const list = async () => (await anna.v1.statuses.$select(post.id).quotes.list()).find((s) => s.uri === quote.uri);
  const here = await until("the quote is at the quoted", list);
  check(here.quote.state === "accepted" && here.quote.quotedStatus.id === post.id && here.account.id === person.id, "the quote", here);
  await until("the other node has it accepted", async () => (await bas.v1.statuses.$select(quote.id).fetch()).quote.state === "accepted");
  await until("the quoted is told", async () => (await anna.v1.notifications.list({ types: ["quote"] })).some((n) => n.status.id === here.id));
  const own = await anna.v1.statuses.create({ status: "Ikzelf ook", quotedStatusId: post.id });
  check(own.quote?.quotedStatus?.account.id === me.id, "a quote of oneself", own.quote);
  const closed = await anna.v1.statuses.create({ status: "Niemand haalt dit aan", quoteApprovalPolicy: "nobody" });
  const closedThere = await until("the other node has the closed post", async () => same(bas, closed).catch(() => undefined));
  check(closedThere.quoteApproval.currentUser === "denied", "the other node knows that this one is not to be quoted", closedThere.quoteApproval);
  await anna.v1.statuses.$select(post.id).remove();
  await until("the quote shows the removal", async () => ["deleted", "revoked", "unauthorized"].includes((await bas.v1.statuses.$select(quote.id).fetch()).quote.state));
}

async function later({ anna }) {
  const hour = (hours) => new Date(Date.now() + hours * 3600_000).toISOString();
  const planned = await anna.v1.statuses.create({ status: "Straks", scheduledAt: hour(1) });
  check(planned.params?.text === "Straks", "the scheduled post", planned);
  const one = anna.v1.scheduledStatuses.$select(planned.id);
  check(has(await anna.v1.scheduledStatuses.list(), planned.id) && (await one.fetch()).id === planned.id, "the scheduled posts");
  const moved = hour(2);
  check((await one.update({ scheduledAt: moved })).scheduledAt.slice(0, 19) === moved.slice(0, 19), "the new time");
  await one.remove();
  await refused(404, "a scheduled post that was removed", () => one.fetch());
}

async function tags({ anna, me }) {
  const tag = anna.v1.tags.$select("wonen");
  check((await tag.follow()).following && (await anna.v1.followedTags.list()).some((t) => t.name === "wonen"), "the followed tags");
  check(!(await tag.unfollow()).following && (await tag.fetch()).name === "wonen", "the tag is followed no more");
  check((await tag.feature()).featuring && !(await tag.unfeature()).featuring, "the tag is featured and not featured");
  const featured = await anna.v1.featuredTags.create({ name: "wonen" });
  check((await anna.v1.accounts.$select(me.id).featuredTags.list()).some((t) => t.name === "wonen"), "the tags that anna features");
  check(has(await anna.v1.featuredTags.list(), featured.id) && Array.isArray(await anna.v1.featuredTags.suggestions.list()), "the featured tags");
  await anna.v1.featuredTags.$select(featured.id).remove();
  check((await anna.v1.featuredTags.list()).length === 0, "no tag is featured");
}

// An open group of the other node: joining is following, its list is there by itself, and a post that names it goes to it.
async function group({ anna, bas, group: handle }) {
  const { accounts: [account] } = await anna.v2.search.list({ q: handle, resolve: true, type: "accounts" });
  check(account.group, "the group is one", account);
  await anna.v1.accounts.$select(account.id).follow();
  await until("anna is in the group", async () => (await anna.v1.accounts.relationships.fetch({ id: [account.id] }))[0].following);
  const list = await until("the group's list is there", async () => (await anna.v1.lists.list()).find((l) => l.id === account.id || l.title === account.displayName));
  const post = await anna.v1.statuses.create({ status: `@${account.acct} Dag groep` });
  await until("the group's list has the post", async () => has((await anna.v1.timelines.list.$select(list.id).list()).map((s) => s.reblog ?? s), post.id));
  const { accounts: [home] } = await bas.v2.search.list({ q: handle, type: "accounts" });
  const there = await until("the group's node has the list", async () => (await bas.v1.lists.list()).find((l) => l.id === home.id || l.title === home.displayName));
  await until("the others of the group have the post", async () =>
    (await bas.v1.timelines.list.$select(there.id).list()).some((s) => (s.reblog ?? s).uri === post.uri));
}
