// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// Every stream that masto can subscribe to, over one socket. See masto_whole.mjs.

import { check, problems, until } from "./sections.mjs";

export async function streams(world) {
  const { anna, bas, berend, admin, here, list } = world;
  const { configuration } = await anna.v2.instance.fetch();
  const streaming = world.stream(configuration.urls.streaming);
  await streaming.prepare();
  const subscriptions = {
    user: streaming.user.subscribe(),
    notification: streaming.user.notification.subscribe(),
    public: streaming.public.subscribe(),
    media: streaming.public.media.subscribe(),
    local: streaming.public.local.subscribe(),
    localMedia: streaming.public.local.media.subscribe(),
    remote: streaming.public.remote.subscribe(),
    remoteMedia: streaming.public.remote.media.subscribe(),
    hashtag: streaming.hashtag.subscribe({ tag: "wonen" }),
    localHashtag: streaming.hashtag.local.subscribe({ tag: "wonen" }),
    list: streaming.list.subscribe({ list: list.id }),
    direct: streaming.direct.subscribe(),
  };
  const events = {};
  for (const [name, subscription] of Object.entries(subscriptions)) {
    events[name] = [];
    (async () => {
      for await (const event of subscription) events[name].push(event);
    })().catch((error) => problems.push(`the stream ${name}: ${error?.stack ?? error}`));
  }
  await until("the subscriptions are there", async () => {
    await berend.v1.statuses.create({ status: "Hoort iemand mij" });
    return events.local.some((e) => e.event === "update");
  });

  const comes = (name, kind, what, is) => until(`${what} on ${name}`, () => events[name].some((e) => e.event === kind && is(e.payload)));
  const says = (words) => (status) => status.content.includes(words);

  const local = await berend.v1.statuses.create({ status: "Hier over #wonen" });
  for (const name of ["user", "public", "local", "hashtag", "localHashtag"]) await comes(name, "update", "a post from here", (s) => s.id === local.id);
  const remote = await bas.v1.statuses.create({ status: "Daar over #wonen" });
  for (const name of ["user", "public", "remote", "hashtag", "list"]) await comes(name, "update", "a post from the other node", says("Daar over"));
  await bas.v1.statuses.$select(remote.id).update({ status: "Daar, maar anders, over #wonen" });
  for (const name of ["user", "list"]) await comes(name, "status.update", "an edited post from the other node", says("maar anders"));
  await bas.v1.statuses.$select(remote.id).remove();
  await comes("user", "delete", "the removal of a post at the other node", (id) => typeof id === "string");
  await bas.v1.statuses.create({ status: `@${here.acct} Onder ons`, visibility: "direct" });
  await comes("direct", "conversation", "a direct message", (c) => says("Onder ons")(c.lastStatus));
  for (const name of ["user", "notification"]) await comes(name, "notification", "a mention", (n) => n.type === "mention" && says("Onder ons")(n.status));

  const [announcement] = await anna.v1.announcements.list();
  await admin.v1.announcements.$select(announcement.id).reactions.$select("👍").update();
  await comes("user", "announcement.reaction", "a reaction to an announcement", (r) => r.announcementId === announcement.id && r.name === "👍");

  for (const name of ["remote", "remoteMedia", "media", "localMedia"]) {
    check(!events[name].some((e) => e.payload?.id === local.id), `a post from here without a picture is on ${name}`);
  }
  check(!events.local.some((e) => e.event === "update" && e.payload.account.acct.includes("@")), "a post from elsewhere is on local");
  streaming.close();
}
