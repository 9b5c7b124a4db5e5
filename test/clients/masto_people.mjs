// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// Apps, accounts, and what people are to each other, as masto has it. See masto_whole.mjs.

import { readFileSync } from "node:fs";
import { check, has, refused, until } from "./sections.mjs";

const picture = () => new File([readFileSync(new URL("picture.png", import.meta.url))], "picture.png", { type: "image/png" });

// find looks somebody up as a client's search box does.
export async function find(client, name) {
  const { accounts } = await client.v2.search.list({ q: name, resolve: true, type: "accounts" });
  if (accounts.length === 0) throw new Error(`the search for ${name} finds nobody`);
  return accounts[0];
}

const relation = async (client, id) => (await client.v1.accounts.relationships.fetch({ id: [id] }))[0];

export async function people(world) {
  const { anna, bas, berend, open } = world;
  await apps(world);
  const me = await anna.v1.accounts.verifyCredentials();
  world.me = me;
  world.berendId = (await berend.v1.accounts.verifyCredentials()).id;
  await profile(world);

  // The two ends of a relation, on two nodes.
  const there = await find(anna, world.person);
  const here = await find(bas, `anna@${new URL(world.base).host}`);
  world.there = there;
  world.here = here;
  check((await anna.v1.accounts.lookup({ acct: world.person })).id === there.id, "the lookup of the person");
  check((await open.v1.accounts.$select(me.id).fetch()).acct === "anna", "one account");
  check((await anna.v1.accounts.fetch({ id: [me.id, there.id] })).length === 2, "two accounts at once");
  check(has(await anna.v1.accounts.search.list({ q: "berend" }), world.berendId), "the search for accounts");

  await follows(world, there, here);
  await limits(world);
  await lists(world, there);

  check(Array.isArray((await anna.v1.accounts.familiarFollowers.fetch({ id: [there.id] }))[0].accounts), "familiar followers");
  check((await anna.v1.accounts.$select(me.id).identityProofs.list()).length === 0, "identity proofs");
  check(Array.isArray(await anna.v1.suggestions.list()), "suggestions, the old way");
  check(Array.isArray(await anna.v2.suggestions.list()), "suggestions");
  await anna.v1.suggestions.$select(world.berendId).remove();
  check(has(await open.v1.directory.list({ local: true }), me.id), "the directory has anna, who chose to be in it");
  await refused(403, "the e-mail of somebody who has confirmed it", () => anna.v1.emails.confirmations.create({}));
}

async function apps({ open, oauth, as }) {
  const scopes = "read write follow push";
  const app = await open.v1.apps.create({ clientName: "masto", redirectUris: "urn:ietf:wg:oauth:2.0:oob", scopes });
  const { accessToken } = await oauth.token.create({
    grantType: "client_credentials", clientId: app.clientId, clientSecret: app.clientSecret, redirectUri: "urn:ietf:wg:oauth:2.0:oob", scope: scopes,
  });
  check((await as(accessToken).v1.apps.verifyCredentials()).name === "masto", "the name of the app");
  const newcomer = await as(accessToken).v1.accounts.create({
    username: "nieuw", email: "nieuw@node.example", password: "Zeer geheim 1234", agreement: true, locale: "nl", reason: "Ik werk hier",
  });
  check(newcomer.accessToken, "the token of who asks for an account", newcomer);
  await oauth.revoke({ clientId: app.clientId, clientSecret: app.clientSecret, token: accessToken });
  await refused(401, "a revoked token", () => as(accessToken).v1.apps.verifyCredentials());
}

async function profile({ anna, me }) {
  const changed = await anna.v1.accounts.updateCredentials({
    displayName: "Anna", note: "Werkt aan #wonen", discoverable: true, avatar: picture(), fieldsAttributes: [{ name: "Afdeling", value: "Wonen" }],
    source: { language: "nl" },
  });
  check(changed.displayName === "Anna" && changed.fields[0]?.value === "Wonen" && changed.source.language === "nl", "the changed profile", changed);
  check(changed.avatar !== me.avatar, "the new avatar", changed.avatar);
  const updated = await anna.v1.profile.update({ header: picture(), note: "Werkt aan wonen" });
  check(updated.note.includes("wonen"), "the note of the profile", updated);
  check((await anna.v1.profile.fetch()).id === me.id, "the profile");
  await anna.v1.profile.avatar.remove();
  await anna.v1.profile.header.remove();
  check(typeof (await anna.v1.preferences.fetch())["posting:default:visibility"] === "string", "preferences");
}

async function follows({ anna, bas, berend, berendId, me }, there, here) {
  await anna.v1.accounts.$select(there.id).follow({ notify: true });
  await until("bas's node accepts anna", async () => (await relation(anna, there.id)).following);
  check(has(await anna.v1.accounts.$select(me.id).following.list(), there.id), "whom anna follows");
  await until("bas's node knows its follower", async () => (await relation(bas, here.id)).followedBy);

  // Anna decides herself now: what bas asks is a request here.
  await anna.v1.accounts.updateCredentials({ locked: true });
  const request = async () => {
    await bas.v1.accounts.$select(here.id).follow();
    await until("the request of bas comes", async () => has(await anna.v1.followRequests.list(), there.id));
  };
  await request();
  check((await relation(bas, here.id)).requested, "bas has asked");
  await anna.v1.followRequests.$select(there.id).reject();
  await until("bas sees that it was refused", async () => !(await relation(bas, here.id)).requested);
  await request();
  await anna.v1.followRequests.$select(there.id).authorize();
  await until("bas sees that it was accepted", async () => (await relation(bas, here.id)).following);
  check(has(await anna.v1.accounts.$select(me.id).followers.list(), there.id), "who follows anna");
  await anna.v1.accounts.updateCredentials({ locked: false });

  await berend.v1.accounts.$select(me.id).follow();
  await anna.v1.accounts.$select(berendId).removeFromFollowers();
  check(!(await relation(berend, me.id)).following, "berend was removed from the followers");
  await berend.v1.accounts.$select(me.id).follow();
  await anna.v1.accounts.$select(berendId).follow();
  await anna.v1.accounts.$select(berendId).unfollow();
  check(!(await relation(anna, berendId)).following, "anna follows berend no more");
  await anna.v1.accounts.$select(berendId).follow();

  await anna.v1.accounts.$select(there.id).endorse();
  check(has(await anna.v1.endorsements.list(), there.id), "the endorsed");
  check(has(await anna.v1.accounts.$select(me.id).endorsements.list(), there.id), "whom anna endorses");
  await anna.v1.accounts.$select(there.id).unendorse();
  check((await anna.v1.accounts.$select(there.id).pin()).endorsed, "endorsed, the old way");
  check(!(await anna.v1.accounts.$select(there.id).unpin()).endorsed, "not endorsed, the old way");
  check((await anna.v1.accounts.$select(there.id).note.create({ comment: "Waterschap" })).note === "Waterschap", "the note about bas");
}

async function limits({ anna, berendId }) {
  check((await anna.v1.accounts.$select(berendId).mute({ notifications: false, duration: 3600 })).muting, "muting");
  check((await anna.v1.mutes.list()).find((one) => one.id === berendId)?.muteExpiresAt, "when the mute ends");
  check(!(await anna.v1.accounts.$select(berendId).unmute()).muting, "muting no more");
  check((await anna.v1.accounts.$select(berendId).block()).blocking, "blocking");
  check(has(await anna.v1.blocks.list(), berendId), "the blocked");
  check(!(await anna.v1.accounts.$select(berendId).unblock()).blocking, "blocking no more");
  await anna.v1.accounts.$select(berendId).follow();
  await anna.v1.domainBlocks.create({ domain: "slecht.example" });
  check((await anna.v1.domainBlocks.list()).includes("slecht.example"), "the blocked domains");
  await anna.v1.domainBlocks.remove({ domain: "slecht.example" });
  check(!(await anna.v1.domainBlocks.list()).includes("slecht.example"), "no domain is blocked any more");
}

async function lists(world, there) {
  const { anna } = world;
  const list = await anna.v1.lists.create({ title: "Waterschappen" });
  world.list = list;
  check((await anna.v1.lists.$select(list.id).update({ title: "Water", exclusive: false })).title === "Water", "the title of the list");
  await anna.v1.lists.$select(list.id).accounts.create({ accountIds: [there.id] });
  check(has(await anna.v1.lists.$select(list.id).accounts.list(), there.id), "who is in the list");
  check(has(await anna.v1.accounts.$select(there.id).lists.list(), list.id), "the lists that bas is in");
  check((await anna.v1.lists.$select(list.id).fetch()).id === list.id && has(await anna.v1.lists.list(), list.id), "the list");
  const other = await anna.v1.lists.create({ title: "Even" });
  await anna.v1.lists.$select(other.id).accounts.create({ accountIds: [there.id] });
  await anna.v1.lists.$select(other.id).accounts.remove({ accountIds: [there.id] });
  check((await anna.v1.lists.$select(other.id).accounts.list()).length === 0, "nobody is in the other list");
  await anna.v1.lists.$select(other.id).remove();
  check(!has(await anna.v1.lists.list(), other.id), "the other list is gone");
}
