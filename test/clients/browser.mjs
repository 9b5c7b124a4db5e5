// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// A day in an app that runs in a browser, at an origin of its own, as Phanpy and Elk do: npm's masto in Chromium. What the
// browser itself complains of is an error: of another origin's answers, of a socket, of anything. See README.md.  ../peers/node browser.mjs

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { check, finish, problems, section, setting, until } from "./sections.mjs";

const { chromium } = createRequire(new URL("../pages/package.json", import.meta.url))("playwright-core");
const kinds = { html: "text/html", js: "text/javascript", mjs: "text/javascript" };

// The origin of the app: its own two files, and masto with what that imports.
const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://app");
  const file = pathname.startsWith("/packages/") ? `../peers/node_modules/${pathname.slice("/packages/".length)}` : `browser${pathname === "/" ? "/index.html" : pathname}`;
  try {
    const text = await readFile(new URL(file, import.meta.url));
    response.writeHead(200, { "content-type": kinds[file.split(".").pop()] }).end(text);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const page = await browser.newPage({ locale: "nl-NL" });
page.on("console", (m) => ["error", "warning"].includes(m.type()) && problems.push(`the browser says: ${m.text()}`));
page.on("pageerror", (e) => problems.push(`the browser says: ${e}`));
page.on("requestfailed", (r) => problems.push(`${r.method()} ${r.url()} fails: ${r.failure()?.errorText}`));

const base = setting("BASE");
const person = setting("PERSON");
let me;

// bas is the person at the other node.
async function bas(path, body) {
  const headers = { authorization: `Bearer ${setting("OTHER_TOKEN")}`, "content-type": "application/json" };
  const answer = await fetch(setting("OTHER_BASE") + path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} at the other node answers ${answer.status}`);
  return answer.json();
}

await section("login", async () => {
  await page.goto(origin);
  await page.fill("input[name=server]", base);
  await page.click("button");
  await page.waitForSelector("input[type=password]");
  await page.fill("input[type=email], input[name=email]", setting("EMAIL"));
  await page.fill("input[type=password]", setting("PASSWORD"));
  await page.click("main button[type=submit]");
  await page.waitForURL((url) => url.pathname.startsWith("/oauth/"));
  await page.click("button[value=allow], button[name=allow], form[action*=authorize] button");
  await page.waitForURL((url) => url.origin === origin);
  await page.waitForFunction(() => document.querySelector("output").textContent);
  me = await page.textContent("output");
  check(me === "anna", "who has logged in", me);
});

await section("posts", async () => {
  const made = await page.evaluate(async () => {
    const { v1, v2 } = window.client;
    const canvas = new OffscreenCanvas(40, 30);
    canvas.getContext("2d").fillRect(5, 5, 20, 20);
    const file = await canvas.convertToBlob({ type: "image/png" });
    const media = await v2.media.create({ file, description: "Een vierkant" });
    const post = await v1.statuses.create({ status: "Met een plaatje", mediaIds: [media.id], visibility: "public" });
    const picture = new Image();
    picture.crossOrigin = "anonymous"; // as apps do that look at the colours
    picture.src = post.mediaAttachments[0].previewUrl;
    await picture.decode();
    const poll = await v1.statuses.create({ status: "Welke dag?", poll: { options: ["maandag", "dinsdag"], expiresIn: 3600 } });
    const reply = await v1.statuses.create({ status: "Met een antwoord", inReplyToId: post.id });
    const edited = await v1.statuses.$select(post.id).update({ status: "Met een ander plaatje", mediaIds: [media.id] });
    const quote = await v1.statuses.create({ status: "Kijk", quotedStatusId: post.id });
    const boost = await v1.statuses.$select(post.id).reblog();
    const kept = await v1.statuses.$select(post.id).bookmark();
    const removed = await v1.statuses.$select(poll.id).remove();
    const home = await v1.timelines.home.list();
    return { description: post.mediaAttachments[0].description, width: picture.naturalWidth, poll: poll.poll.options.length, reply: reply.inReplyToId === post.id,
      edited: edited.content, quote: quote.quote?.quotedStatus?.id === post.id, boost: boost.reblog.id === post.id, kept: kept.bookmarked, removed: removed.text,
      home: home.length };
  });
  check(made.description === "Een vierkant" && made.width > 0, "the picture in the post", made);
  check(made.poll === 2 && made.reply && made.edited.includes("ander") && made.quote && made.boost && made.kept && made.removed === "Welke dag?" && made.home >= 4, "what was done", made);
});

// What a script of another origin may send and see is for the server to allow: a key, and the headers with the next page and the limits.
await section("headers", async () => {
  const seen = await page.evaluate(async () => {
    const headers = { authorization: `Bearer ${window.accessToken}`, "content-type": "application/json", "idempotency-key": "een" };
    const post = () => fetch(`${window.server}/api/v1/statuses`, { method: "POST", headers, body: JSON.stringify({ status: "Een keer" }) }).then((r) => r.json());
    const [first, second] = [await post(), await post()];
    const home = await fetch(`${window.server}/api/v1/timelines/home?limit=2`, { headers });
    const refused = await fetch(`${window.server}/api/v1/accounts/verify_credentials`, { headers: { authorization: "Bearer fout" } });
    const json = (path) => fetch(new URL(path, window.server)).then((r) => r.json());
    const { links } = await json("/.well-known/nodeinfo");
    const software = (await json(links[0].href)).software.name;
    const issuer = (await json("/.well-known/oauth-authorization-server")).issuer;
    const { acct, avatar, header } = await window.client.v1.accounts.verifyCredentials();
    const subject = (await json(`/.well-known/webfinger?resource=acct:${acct}@${new URL(window.server).host}`)).subject;
    for (const url of [avatar, header]) {
      const picture = new Image();
      picture.crossOrigin = "anonymous";
      picture.src = url;
      await picture.decode();
    }
    return { software, issuer, subject, once: first.id === second.id, link: home.headers.get("link"), limit: home.headers.get("x-ratelimit-limit"), refused: refused.status };
  });
  check(seen.once && seen.link?.includes("max_id=") && seen.limit && seen.refused === 401, "what a script of another origin gets", seen);
  check(seen.software === "pleio-node" && seen.issuer && seen.subject?.startsWith("acct:anna@"), "what it finds out about the server", seen);
  const expected = problems.findIndex((p) => p.includes("status of 401"));
  if (expected >= 0) problems.splice(expected, 1); // the browser tells that one too, and it was asked for
});

await section("others", async () => {
  const followed = await page.evaluate(async (name) => {
    const { accounts } = await window.client.v2.search.list({ q: name, resolve: true, type: "accounts" });
    await window.client.v1.accounts.$select(accounts[0].id).follow();
    return accounts[0];
  }, person);
  check(followed.acct === person, "the person at the other node", followed);
  const relation = (id) => page.evaluate(async (id) => (await window.client.v1.accounts.relationships.fetch({ id: [id] }))[0].following, id);
  await until("the person accepts", () => relation(followed.id));

  const began = Date.now();
  await bas("/api/v1/statuses", { status: `@anna@${new URL(base).host} Zie je dit meteen` });
  await page.waitForFunction(() => window.events.some((e) => e.event === "notification" && e.payload.status?.content.includes("meteen")), undefined, { timeout: 10_000 });
  console.log(JSON.stringify({ notified: Date.now() - began }));

  const group = await page.evaluate(async (name) => {
    const { accounts } = await window.client.v2.search.list({ q: name, resolve: true, type: "accounts" });
    await window.client.v1.accounts.$select(accounts[0].id).follow();
    return accounts[0];
  }, setting("GROUP"));
  check(group.group, "the group is one", group);
  await until("anna is in the group", () => relation(group.id));
  await page.evaluate((acct) => window.client.v1.statuses.create({ status: `@${acct} Dag groep` }), group.acct);
  const [there] = (await bas(`/api/v2/search?type=accounts&q=${encodeURIComponent(setting("GROUP"))}`)).accounts;
  await until("the group has the post", async () => (await bas(`/api/v1/timelines/list/${there.id}`)).some((s) => (s.reblog ?? s).content.includes("Dag groep")));
});

if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/browser.png` });
await browser.close();
server.close();
finish();
