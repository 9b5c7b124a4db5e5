// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// Another organisation, made with Fedify: one person, bob, on plain http on a loopback port. A test steers it over
// standard input and output, one JSON object a line; the log goes to standard error. It stops when its input ends.
//
//   ./node fedify.mjs PORT [--first-knock=rfc9421|cavage]
//   ← {"ready":true,"origin":"http://127.0.0.1:PORT","actor":"…/users/bob","handle":"bob@127.0.0.1:PORT"}
//   → {"n":1,"do":"follow","url":"http://127.0.0.1:4000/users/anna"}
//   ← {"n":1,"ok":true,"id":"…"}          or {"n":1,"error":"what went wrong"}
//
// What it can do (fields in [] may be left out; url is always an id):
//
//   webfinger  resource                   → jrd
//   lookup     url                        → type, name, json, proof: "verified", "wrong" or "none"
//   follow     url                        → id; whether it was accepted is in `state`
//   unfollow   url                        → id
//   join       url                        → id; a Join instead of a Follow
//   leave      url                        → id
//   post       text [to] [mention] [reply] [group]   → id of the note, activity
//              to: "public" (default), "followers" or "mention" (only the one mentioned);
//              reply: the post that is answered; its author, fetched, is addressed as well;
//              group: the post is for this group, as FEP-1b12 writes it
//   update     id text                    → activity; to whom the post went
//   delete     id                         → activity
//   like       url                        → id
//   undo       id                         → id; of a like
//   send       activity to                → sends any activity as it stands, signed and with a proof; to: an actor
//   refuse     scheme                     → from now on 401 to requests signed with "rfc9421" or "cavage"; "" stops that
//   hide       yes                        → from now on (or no longer) bob's posts answer 404 to whoever fetches them
//   received   [all]                      → activities: what came to the inbox since the last time, or ever
//   wait       [type] [contains] [seconds]→ activity: the first one received, of this type, whose JSON contains the text; 10 s
//   state                                 → followers, following (accepted), requests: each request to the inbox with its answer,
//                                           sent: each request that bob posted with its answer; both with their scheme
//
// An activity received is {type, id, actor, json, scheme: "rfc9421" or "cavage", status, proof: as above, inner: the proof of
// the activity or object that it carries, sync: the header of FEP-8fcf or null}. Fedify hands over an activity only after it has verified the signature or the proof; requests shows all.

import http from "node:http";
import readline from "node:readline";
import { Temporal } from "@js-temporal/polyfill";
import {
  Accept, Activity, Create, Delete, Endpoints, exportJwk, Follow, generateCryptoKeyPair, importJwk, isActor, Join, Leave, Like,
  MemoryKvStore, Mention, Note, Object as ASObject, Person, PUBLIC_COLLECTION, Tombstone, Undo, Update, createFederation, verifyObject,
} from "@fedify/fedify";

const port = Number(process.argv[2]);
if (!(port > 0)) {
  console.error("usage: node fedify.mjs PORT [--first-knock=rfc9421|cavage]");
  process.exit(2);
}
const knock = process.argv[3] === "--first-knock=cavage" ? "draft-cavage-http-signatures-12" : "rfc9421";
const origin = `http://127.0.0.1:${port}`;
const bob = { identifier: "bob" };

const state = {
  followers: new Map(), // id → {id, inboxId, endpoints}
  asked: new Map(), // whom → the Follow or Join
  following: new Set(),
  notes: new Map(), // number → {note, scope, recipients}
  likes: new Map(),
  received: [],
  unread: 0,
  requests: [],
  waiting: new Set(), // functions called when something was received
  refuse: "",
  sent: [],
  hidden: false,
};
let count = 0;
const next = () => `${Date.now()}-${++count}`;
const keys = await Promise.all(["RSASSA-PKCS1-v1_5", "Ed25519"].map(async (algorithm) => {
  const pair = await generateCryptoKeyPair(algorithm);
  return { privateKey: await importJwk(await exportJwk(pair.privateKey), "private"), publicKey: pair.publicKey };
}));

// Without a queue Fedify delivers at once, so that a command that sends can say how it went.
const federation = createFederation({ kv: new MemoryKvStore(), origin, allowPrivateAddress: true, firstKnock: knock });

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    if (identifier !== "bob") return null;
    const pairs = await ctx.getActorKeyPairs(identifier);
    return new Person({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name: "Bob of Fedify",
      url: ctx.getActorUri(identifier),
      inbox: ctx.getInboxUri(identifier),
      outbox: ctx.getOutboxUri(identifier),
      followers: ctx.getFollowersUri(identifier),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((_, identifier) => (identifier === "bob" ? keys : []));

federation.setFollowersDispatcher("/users/{identifier}/followers", (_, identifier, cursor, filter) => {
  if (identifier !== "bob") return null;
  const all = [...state.followers.values()];
  return { items: filter ? all.filter((f) => f.id.origin === filter.origin) : all };
});
federation.setOutboxDispatcher("/users/{identifier}/outbox", (_, identifier) =>
  identifier === "bob" ? { items: [...state.notes.values()].filter((n) => n.scope === "public").map((n) => n.create) } : null);

// Who is not public's reader must sign; any valid signature will do here.
federation
  .setObjectDispatcher(Note, "/notes/{number}", (_, { number }) => (state.hidden ? null : (state.notes.get(number)?.note ?? null)))
  .authorize(async (ctx, { number }) => state.notes.get(number)?.scope !== "followers" || (await ctx.getSignedKeyOwner()) != null);

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => bob)
  .on(Follow, async (ctx, follow) => {
    const actor = await follow.getActor(ctx);
    if (!isActor(actor)) throw new Error("the actor of a Follow cannot be fetched");
    state.followers.set(actor.id.href, { id: actor.id, inboxId: actor.inboxId, endpoints: actor.endpoints });
    await ctx.sendActivity(bob, actor, new Accept({
      id: new URL(`/accepts/${next()}`, origin), actor: ctx.getActorUri("bob"), to: actor.id, object: follow,
    }));
  })
  .on(Undo, async (ctx, undo) => {
    const object = await undo.getObject(ctx);
    if (object instanceof Follow) state.followers.delete(undo.actorId.href);
  })
  .on(Accept, async (ctx, accept) => {
    // What is accepted is bob's own: only its id counts, not the copy of it.
    const actor = accept.actorId.href;
    if (state.asked.get(actor)?.id.href === accept.objectId?.href) state.following.add(actor);
  })
  .on(Activity, () => {})
  .onError((_, error) => console.error(error));

const schemeOf = (headers) => (headers.has("signature-input") ? "rfc9421" : headers.has("signature") ? "cavage" : "none");

// Each knock on another's door is noted: Fedify itself only says whether the last one was answered.
const plainFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const { method, url, headers } = request;
  const response = await plainFetch(request);
  if (method === "POST") state.sent.push({ url, scheme: schemeOf(headers), status: response.status });
  return response;
};

// The server: a request to an inbox is noted with how it was signed and what Fedify said to it.
const server = http.createServer(async (req, res) => {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const headers = new Headers();
  for (let i = 0; i < req.rawHeaders.length; i += 2) headers.append(req.rawHeaders[i], req.rawHeaders[i + 1]);
  const scheme = schemeOf(headers);
  const request = new Request(origin + req.url, { method: req.method, headers, body: req.method === "POST" ? body : undefined });
  const inbox = req.method === "POST" && /inbox$/.test(req.url);
  let response;
  if (inbox && state.refuse === scheme) {
    response = new Response("This scheme is refused.", { status: 401 });
  } else {
    response = await federation.fetch(request, { contextData: undefined }).catch((error) => {
      console.error(error);
      return new Response(String(error), { status: 500 });
    });
  }
  if (inbox) {
    await note(body, scheme, response.status, headers.get("collection-synchronization"));
    console.error(`${req.method} ${req.url} ${scheme} ${response.status}`);
  }
  res.writeHead(response.status, Object.fromEntries(response.headers));
  res.end(Buffer.from(await response.arrayBuffer()));
});

async function note(body, scheme, status, sync) {
  let json;
  try {
    json = JSON.parse(body.toString());
  } catch {
    json = {};
  }
  const actor = typeof json.actor === "string" ? json.actor : json.actor?.id;
  state.requests.push({ type: json.type, id: json.id, scheme, status });
  if (status < 200 || status > 299) return;
  state.received.push({ type: json.type, id: json.id, actor, json, scheme, status, sync, proof: await proofOf(json, Activity), inner: await proofOf(json.object, ASObject) });
  for (const look of state.waiting) look();
}

// proofOf says what Fedify thinks of a document's integrity proof (FEP-8b32).
async function proofOf(json, type) {
  if (json?.proof == null) return "none";
  const ctx = context();
  const { signature: _, ...signed } = json; // Fedify adds its LD signature after the proof
  try {
    return (await verifyObject(type, signed, loaders(ctx))) ? "verified" : "wrong";
  } catch (error) {
    console.error(error);
    return "wrong";
  }
}

const context = () => federation.createContext(new URL(origin), undefined);
const loaders = (ctx) => ({ documentLoader: ctx.documentLoader, contextLoader: ctx.contextLoader });

// fetched gets a document as bob, signed.
async function fetched(ctx, url) {
  const documentLoader = await ctx.getDocumentLoader(bob);
  const { document } = await documentLoader(url);
  return { json: document, object: await ASObject.fromJsonLd(document, { ...loaders(ctx), documentLoader }) };
}

async function actorAt(ctx, url) {
  const { object } = await fetched(ctx, url);
  if (!isActor(object)) throw new Error(`${url} is not an actor`);
  return object;
}

async function ask(type, url) {
  const ctx = context();
  const actor = await actorAt(ctx, url);
  const id = new URL(`/asks/${next()}`, origin);
  const activity = new type({ id, actor: ctx.getActorUri("bob"), object: actor.id, to: actor.id });
  state.asked.set(actor.id.href, activity);
  await ctx.sendActivity(bob, actor, activity);
  return { id: id.href };
}

async function unask(make, url) {
  const ctx = context();
  const actor = await actorAt(ctx, url);
  const asked = state.asked.get(actor.id.href);
  if (!asked) throw new Error(`bob has not asked ${url} for anything`);
  const id = new URL(`/asks/${next()}`, origin);
  state.asked.delete(actor.id.href);
  state.following.delete(actor.id.href);
  await ctx.sendActivity(bob, actor, make({ id, actor: ctx.getActorUri("bob"), to: actor.id }, asked));
  return { id: id.href };
}

// deliver sends to bob's followers when the post is for them, and to those named, once each.
async function deliver(ctx, activity, { scope, recipients }) {
  if (scope !== "mention" && state.followers.size > 0) {
    await ctx.sendActivity(bob, "followers", activity, { preferSharedInbox: true, syncCollection: true });
  }
  const others = recipients.filter((r) => scope === "mention" || !state.followers.has(r.id.href));
  if (others.length > 0) await ctx.sendActivity(bob, others, activity);
}

const commands = {
  async webfinger({ resource }) {
    return { jrd: await context().lookupWebFinger(resource) };
  },

  async lookup({ url }) {
    const { json, object } = await fetched(context(), url);
    return { type: json.type, name: object.name?.toString() ?? null, json, proof: await proofOf(json, ASObject) };
  },

  follow: ({ url }) => ask(Follow, url),
  join: ({ url }) => ask(Join, url),
  unfollow: ({ url }) => unask((fields, object) => new Undo({ ...fields, object }), url),
  leave: ({ url }) => unask((fields, asked) => new Leave({ ...fields, object: asked.objectId }), url),

  async post({ text, to = "public", mention, reply, group }) {
    const ctx = context();
    const number = next();
    const recipients = [];
    const tags = [];
    const add = async (url) => {
      const actor = await actorAt(ctx, url);
      if (!recipients.some((r) => r.id.href === actor.id.href)) recipients.push(actor);
      return actor;
    };
    if (mention) {
      const actor = await add(mention);
      tags.push(new Mention({ href: actor.id, name: `@${actor.preferredUsername}@${actor.id.host}` }));
    }
    if (reply) {
      const { object } = await fetched(ctx, reply);
      if (object.attributionId) await add(object.attributionId.href);
    }
    const audience = group ? (await add(group)).id : undefined;
    const followers = ctx.getFollowersUri("bob");
    const named = recipients.map((r) => r.id);
    const fields = {
      public: { tos: [PUBLIC_COLLECTION], ccs: [followers, ...named] },
      followers: { tos: [followers], ccs: named },
      mention: { tos: named },
    }[to];
    if (!fields) throw new Error(`to must be public, followers or mention, not ${to}`);
    if (audience) fields.audience = audience;
    const published = Temporal.Now.instant();
    const object = new Note({
      id: new URL(`/notes/${number}`, origin), attribution: ctx.getActorUri("bob"), content: `<p>${text}</p>`,
      replyTarget: reply ? new URL(reply) : undefined, tags, published, url: new URL(`/notes/${number}`, origin), ...fields,
    });
    const create = new Create({ id: new URL(`/creates/${number}`, origin), actor: ctx.getActorUri("bob"), object, published, ...fields });
    const post = { note: object, create, fields, scope: to, recipients };
    state.notes.set(number, post);
    await deliver(ctx, create, post);
    return { id: object.id.href, activity: create.id.href };
  },

  async update({ id, text }) {
    const ctx = context();
    const post = own(id);
    const updated = Temporal.Now.instant();
    post.note = post.note.clone({ content: `<p>${text}</p>`, updated });
    const activity = new Update({ id: new URL(`/updates/${next()}`, origin), actor: ctx.getActorUri("bob"), object: post.note, updated, ...post.fields });
    await deliver(ctx, activity, post);
    return { activity: activity.id.href };
  },

  async delete({ id }) {
    const ctx = context();
    const post = own(id);
    state.notes.delete(new URL(id).pathname.split("/").pop());
    const activity = new Delete({
      id: new URL(`/deletes/${next()}`, origin), actor: ctx.getActorUri("bob"), object: new Tombstone({ id: new URL(id) }), ...post.fields,
    });
    await deliver(ctx, activity, post);
    return { activity: activity.id.href };
  },

  async like({ url }) {
    const ctx = context();
    const { object } = await fetched(ctx, url);
    const author = await actorAt(ctx, object.attributionId.href);
    const like = new Like({ id: new URL(`/likes/${next()}`, origin), actor: ctx.getActorUri("bob"), object: object.id, to: author.id });
    state.likes.set(like.id.href, { like, author });
    await ctx.sendActivity(bob, author, like);
    return { id: like.id.href };
  },

  async undo({ id }) {
    const liked = state.likes.get(id);
    if (!liked) throw new Error(`${id} is not a like of bob`);
    const ctx = context();
    const undo = new Undo({ id: new URL(`/undos/${next()}`, origin), actor: ctx.getActorUri("bob"), object: liked.like, to: liked.author.id });
    await ctx.sendActivity(bob, liked.author, undo);
    return { id: undo.id.href };
  },

  async send({ activity, to }) {
    const ctx = context();
    await ctx.sendActivity(bob, await actorAt(ctx, to), await Activity.fromJsonLd(activity, loaders(ctx)));
    return {};
  },

  refuse({ scheme }) {
    state.refuse = scheme;
    return {};
  },

  hide({ yes }) {
    state.hidden = yes;
    return {};
  },

  received({ all }) {
    const from = all ? 0 : state.unread;
    state.unread = state.received.length;
    return { activities: state.received.slice(from) };
  },

  wait({ type, contains = "", seconds = 10 }) {
    const find = () => state.received.find((a) => (!type || a.type === type) && JSON.stringify(a.json).includes(contains));
    return new Promise((resolve, reject) => {
      const look = () => {
        const activity = find();
        if (!activity) return;
        clearTimeout(timer);
        state.waiting.delete(look);
        resolve({ activity });
      };
      const timer = setTimeout(() => {
        state.waiting.delete(look);
        const seen = state.received.map((a) => a.type).join(", ") || "nothing";
        reject(new Error(`no ${type ?? "activity"} with ${JSON.stringify(contains)} came in ${seconds} s; received: ${seen}`));
      }, seconds * 1000);
      state.waiting.add(look);
      look();
    });
  },

  state() {
    return { followers: [...state.followers.keys()], following: [...state.following], requests: state.requests, sent: state.sent };
  },
};

function own(id) {
  const post = state.notes.get(new URL(id).pathname.split("/").pop());
  if (!post) throw new Error(`${id} is not a post of bob`);
  return post;
}

const print = (line) => process.stdout.write(JSON.stringify(line) + "\n");

server.listen(port, "127.0.0.1", () => {
  print({ ready: true, origin, actor: `${origin}/users/bob`, handle: `bob@127.0.0.1:${port}` });
  const input = readline.createInterface({ input: process.stdin });
  input.on("line", async (line) => {
    let n = null;
    try {
      const command = JSON.parse(line);
      n = command.n ?? null;
      const run = Object.hasOwn(commands, command.do) ? commands[command.do] : null;
      if (!run) throw new Error(`there is no command ${command.do}; there are ${Object.keys(commands).join(", ")}`);
      print({ n, ok: true, ...(await run(command)) });
    } catch (error) {
      print({ n, error: String(error?.message ?? error) });
    }
  });
  input.on("close", () => process.exit(0));
});
server.on("error", (error) => {
  console.error(`listen on ${origin}: ${error.message}`);
  process.exit(1);
});
