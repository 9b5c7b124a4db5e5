// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// A day's work with npm's masto, the library below Elk and Phanpy; see README.md.  ../peers/node masto.mjs

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// The packages are beside, in test/peers; Node looks for them only above.
const beside = createRequire(new URL("../peers/package.json", import.meta.url));
const { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } = await import(beside.resolve("masto"));

const oob = "urn:ietf:wg:oauth:2.0:oob";
const scopes = "read write follow push";
const alt = "Een plein met bomen";
const file = (name) => new URL(name, import.meta.url);

const setting = (name) => process.env[name] || fail("masto", `${name} is not set; README.md says what the clients need`);
const done = (step, fields = {}) => console.log(JSON.stringify({ step, ...fields }));

function fail(step, what) {
  console.error(`${step}: ${what}`);
  process.exit(1);
}

async function wait(step, what, find) {
  const seconds = Number(process.env.SECONDS ?? 20);
  for (const until = Date.now() + seconds * 1000; ; ) {
    const found = await find();
    if (found) return found;
    if (Date.now() > until) fail(step, `${what} did not come in ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function follow(client, step, name) {
  const { accounts } = await client.v2.search.list({ q: name, resolve: true, type: "accounts" });
  const account = accounts[0] ?? fail(step, `the search for ${name} found nobody`);
  await client.v1.accounts.$select(account.id).follow();
  await wait(step, `the acceptance of ${name}`, async () => (await client.v1.accounts.relationships.fetch({ id: [account.id] }))[0].following);
  done(step, { id: account.id, acct: account.acct });
}

async function work() {
  const url = setting("BASE");
  const open = createRestAPIClient({ url });
  const app = await open.v1.apps.create({ clientName: "masto", redirectUris: oob, scopes });
  const query = new URLSearchParams({ response_type: "code", client_id: app.clientId, redirect_uri: oob, scope: scopes });
  const code = execFileSync("/usr/bin/python3", [file("oauthpage.py").pathname, `${url}/oauth/authorize?${query}`], { encoding: "utf8" }).trim();
  const token = await createOAuthAPIClient({ url }).token.create({
    grantType: "authorization_code", clientId: app.clientId, clientSecret: app.clientSecret, redirectUri: oob, code, scope: scopes,
  });
  const client = createRestAPIClient({ url, accessToken: token.accessToken });
  done("login");

  done("whoami", { acct: (await client.v1.accounts.verifyCredentials()).acct });

  let text = "Goedemorgen vanuit masto";
  const post = await client.v1.statuses.create({ status: text, visibility: "public", language: "nl" });
  done("posted", { id: post.id, text });

  const home = await client.v1.timelines.home.list();
  if (!home.some((status) => status.id === post.id)) fail("home", `the post ${post.id} is not among the ${home.length} of the home timeline`);
  done("home");

  const picture = new File([readFileSync(file("picture.png"))], "picture.png", { type: "image/png" });
  const media = await client.v2.media.create({ file: picture, description: alt });
  const made = await client.v1.statuses.create({ status: "Een foto", mediaIds: [media.id] });
  const shown = (await client.v1.statuses.$select(made.id).fetch()).mediaAttachments.map((m) => m.description);
  if (shown.length !== 1 || shown[0] !== alt) fail("uploaded", `the descriptions of the pictures are ${JSON.stringify(shown)}, not ${alt}`);
  done("uploaded", { id: made.id });

  const { statuses } = await client.v2.search.list({ q: post.url, resolve: true, type: "statuses" });
  if (statuses.length !== 1 || statuses[0].id !== post.id) fail("searched", `the search for ${post.url} found ${statuses.map((status) => status.id)}, not ${post.id}`);
  done("searched");

  // What is streamed while the rest of the day goes on; waited for at the end.
  const { configuration } = await client.v2.instance.fetch();
  const streaming = createStreamingAPIClient({ streamingApiUrl: configuration.urls.streaming, accessToken: token.accessToken });
  await streaming.prepare(); // it is connected after a second
  const events = [];
  const listening = (async () => {
    for await (const event of streaming.user.subscribe()) events.push(event);
  })();
  listening.catch((error) => fail("streamed", error?.stack ?? error));

  await follow(client, "followed", setting("PERSON"));
  await follow(client, "joined", setting("GROUP"));

  const expected = setting("EXPECT");
  const read = await wait("read", `a post with ${JSON.stringify(expected)} in the home timeline`, async () =>
    (await client.v1.timelines.home.list()).map((status) => status.reblog ?? status).find((status) => status.content.includes(expected)));
  done("read", { id: read.id, uri: read.uri });

  await wait("streamed", `an update with ${JSON.stringify(expected)}`, () =>
    events.some((event) => event.event === "update" && (event.payload.reblog ?? event.payload).content.includes(expected)));
  done("streamed");

  await client.v1.statuses.$select(read.id).bookmark();
  if (!(await client.v1.bookmarks.list()).some((status) => status.id === read.id)) fail("kept", `the post ${read.id} is not among the bookmarks`);
  await client.v1.markers.create({ home: { lastReadId: read.id } });
  const { home: marker } = await client.v1.markers.fetch({ timeline: ["home"] });
  if (marker?.lastReadId !== read.id) fail("kept", `the marker of the home timeline is ${JSON.stringify(marker)}, not at ${read.id}`);
  done("kept");

  text = "Antwoord vanuit masto";
  const reply = await client.v1.statuses.create({ status: `@${read.account.acct} ${text}`, inReplyToId: read.id });
  if (reply.inReplyToId !== read.id) fail("replied", `the reply answers ${reply.inReplyToId}, not ${read.id}`);
  done("replied", { id: reply.id, text });

  const { descendants } = await client.v1.statuses.$select(read.id).context.fetch();
  if (!descendants.some((status) => status.id === reply.id)) fail("context", `the reply ${reply.id} is not among the answers to ${read.id}`);
  done("context");

  text = "Een vraag aan de groep vanuit masto";
  await client.v1.statuses.create({ status: `@${setting("GROUP")} ${text}` });
  done("grouped", { text });

  const notice = setting("NOTICE");
  await wait("notified", `a mention with ${JSON.stringify(notice)}`, async () =>
    (await client.v1.notifications.list()).find((n) => n.type === "mention" && n.status.content.includes(notice)));
  const { statuses: about, notificationGroups } = await client.v2.notifications.list();
  const mention = about.find((status) => status.content.includes(notice));
  if (!notificationGroups.some((group) => group.type === "mention" && group.statusId === mention?.id)) {
    fail("notified", `the grouped notifications have no mention with ${JSON.stringify(notice)}`);
  }
  await wait("notified", `a streamed mention with ${JSON.stringify(notice)}`, () =>
    events.some((event) => event.event === "notification" && event.payload.status?.content.includes(notice)));
  done("notified");
  streaming.close();
  done("done");
}

await work().catch((error) => fail("masto", error?.stack ?? error));
