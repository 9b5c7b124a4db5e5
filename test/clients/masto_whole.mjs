// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// Every method of npm's masto, the library below Elk and Phanpy, by the people of two nodes; see README.md.  ../peers/node masto_whole.mjs

import { createRequire } from "node:module";
import { all, noting } from "./methods.mjs";
import { finish, problems, section, setting } from "./sections.mjs";
import { administration } from "./masto_admin.mjs";
import { people } from "./masto_people.mjs";
import { posts } from "./masto_posts.mjs";
import { reading } from "./masto_reading.mjs";
import { streams } from "./masto_streams.mjs";

const beside = createRequire(new URL("../peers/package.json", import.meta.url));
const main = beside.resolve("masto");
const { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } = await import(main);

// What masto can ask and a node does not answer, and why.
const leftOut = [
  [/^v1\.(annualReports|collections)\.|[cC]ollections\.list$/, "annual reports and collections stay out"],
  [/^v1\.admin\.trends\..*(approve|reject)$|\.publishers\./, "trends are not reviewed beforehand: there is nothing to approve"],
  [/^v1\.conversations\.\$select\.unread$/, "in no documentation of Mastodon"],
  [/^v1\.instance\.languages\.list$/, "in no documentation of Mastodon: GET /api/v2/instance has the languages"],
];

const called = new Set();
const client = (url, accessToken) => noting(createRestAPIClient({ url, accessToken }), called);
const base = setting("BASE");
const world = {
  base,
  open: client(base),
  anna: client(base, setting("TOKEN")),
  berend: client(base, setting("LOCAL_TOKEN")),
  admin: client(base, setting("ADMIN_TOKEN")),
  bas: client(setting("OTHER_BASE"), setting("OTHER_TOKEN")),
  person: setting("PERSON"),
  group: setting("GROUP"),
  oauth: createOAuthAPIClient({ url: base }),
  as: (token) => client(base, token),
  stream: (streamingApiUrl) => createStreamingAPIClient({ streamingApiUrl, accessToken: setting("TOKEN") }),
};

await section("people", () => people(world));
await section("streams", () => streams(world));
await section("posts", () => posts(world));
await section("reading", () => reading(world));
await section("administration", () => administration(world));

const methods = all(main);
console.log(JSON.stringify({ called: called.size, methods: methods.length }));
if (problems.length > 0) finish(); // what was not called then follows from the rest
for (const method of methods) {
  const out = leftOut.find(([pattern]) => pattern.test(method));
  if (!called.has(method) && !out) problems.push(`${method} was not called`);
  if (called.has(method) && out) problems.push(`${method} is called, and said to be left out: ${out[1]}`);
}
finish();
