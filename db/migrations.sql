-- SPDX-FileCopyrightText: 2026 The pleio-node authors
-- SPDX-License-Identifier: EUPL-1.2
--
-- Long because a schema is read as one text. The schema, as numbered steps that only go forward. PostgreSQL reads it as it is; for SQLite the types are
-- translated one by one (see migrate.go). Ids are time-sorted and made by us; times are milliseconds, UTC; 0 is "not".

-- migration 1: people, groups, what they make, and how it travels

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- actors: who exists ------------------------------------------------------------------------------------

CREATE TABLE actors (
  id              BIGINT PRIMARY KEY,
  iri             TEXT NOT NULL UNIQUE,        -- the ActivityPub id
  kind            TEXT NOT NULL,               -- Person, Group, Organization, Application, Service
  local           BOOLEAN NOT NULL,
  name            TEXT NOT NULL,               -- preferredUsername, as written
  domain          TEXT NOT NULL,               -- of the handle
  host            TEXT NOT NULL,               -- of the id: the node that speaks for this actor
  title           TEXT NOT NULL DEFAULT '',    -- the name for people
  summary         TEXT NOT NULL DEFAULT '',    -- sanitised HTML
  source          TEXT NOT NULL DEFAULT '',    -- what was typed
  url             TEXT NOT NULL DEFAULT '',
  icon            TEXT NOT NULL DEFAULT '',
  image           TEXT NOT NULL DEFAULT '',
  fields          TEXT NOT NULL DEFAULT '[]',  -- JSON: [{"name","value"}]
  emojis          TEXT NOT NULL DEFAULT '[]',  -- JSON: [{"name","url"}]
  inbox           TEXT NOT NULL DEFAULT '',
  shared_inbox    TEXT NOT NULL DEFAULT '',
  outbox          TEXT NOT NULL DEFAULT '',
  followers       TEXT NOT NULL DEFAULT '',
  following       TEXT NOT NULL DEFAULT '',
  featured        TEXT NOT NULL DEFAULT '',
  moderators      TEXT NOT NULL DEFAULT '',
  also_known_as   TEXT NOT NULL DEFAULT '[]',  -- JSON: [id, …]
  moved_to        TEXT NOT NULL DEFAULT '',
  locked          BOOLEAN NOT NULL DEFAULT FALSE,
  discoverable    BOOLEAN NOT NULL DEFAULT FALSE,
  indexable       BOOLEAN NOT NULL DEFAULT FALSE,
  bot             BOOLEAN NOT NULL DEFAULT FALSE,
  visibility      TEXT NOT NULL DEFAULT '',    -- groups: public, listed, hidden
  join_policy     TEXT NOT NULL DEFAULT '',    -- groups: open, request, invite
  posting         TEXT NOT NULL DEFAULT '',    -- groups: members, moderators
  plain_members   BOOLEAN NOT NULL DEFAULT TRUE,
  groups_1        BOOLEAN NOT NULL DEFAULT FALSE, -- its server speaks our group protocol
  epoch           TEXT NOT NULL DEFAULT '',    -- groups: of the log
  seq             BIGINT NOT NULL DEFAULT 0,   -- groups: the last number in the log
  head            TEXT NOT NULL DEFAULT '',    -- groups: hash over the log
  followers_count BIGINT NOT NULL DEFAULT 0,
  following_count BIGINT NOT NULL DEFAULT 0,
  items_count     BIGINT NOT NULL DEFAULT 0,
  last_item       BIGINT NOT NULL DEFAULT 0,   -- when
  published       BIGINT NOT NULL,
  updated         BIGINT NOT NULL,
  fetched         BIGINT NOT NULL DEFAULT 0,   -- remote: when its document was last read
  suspended       BIGINT NOT NULL DEFAULT 0,
  deleted         BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX actors_name ON actors (LOWER(name)) WHERE local;
CREATE INDEX actors_handle ON actors (LOWER(name), domain);
CREATE INDEX actors_host ON actors (host);
CREATE INDEX actors_url ON actors (url);

CREATE TABLE keys (
  id       TEXT PRIMARY KEY,                  -- keyId
  actor    BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  kind     TEXT NOT NULL,                     -- rsa, ed25519
  public   TEXT NOT NULL,                     -- PEM or multibase
  private  BYTEA,                             -- sealed; NULL: somebody else's
  created  BIGINT NOT NULL,
  fetched  BIGINT NOT NULL DEFAULT 0,
  retired  BIGINT NOT NULL DEFAULT 0          -- rotated away: accepted for a day more
);
CREATE INDEX keys_actor ON keys (actor);

-- Following somebody and being a member of a group are the same thing: a relation.
CREATE TABLE relations (
  id         BIGINT PRIMARY KEY,
  subject    BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  object     BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  state      TEXT NOT NULL,                   -- requested, invited, active, left, removed, banned
  role       TEXT NOT NULL,                   -- follower; in groups guest, member, moderator, owner
  since      BIGINT NOT NULL,                 -- when it became active (or was asked)
  updated    BIGINT NOT NULL,
  until      BIGINT NOT NULL DEFAULT 0,       -- end of a guest's stay or of a ban
  seq        BIGINT NOT NULL DEFAULT 0,       -- number of the last change in the group's log
  request    TEXT NOT NULL DEFAULT '',        -- id of the Follow or Join
  request_as TEXT NOT NULL DEFAULT '',        -- Follow or Join: what the answer must quote
  message    TEXT NOT NULL DEFAULT '',
  invited_by BIGINT NOT NULL DEFAULT 0,
  boosts     BOOLEAN NOT NULL DEFAULT TRUE,   -- the subject's choice: show boosts
  notify     BOOLEAN NOT NULL DEFAULT FALSE,  -- the subject's choice: tell about each post
  languages  TEXT NOT NULL DEFAULT '',
  UNIQUE (subject, object)
);
CREATE INDEX relations_object ON relations (object, state, id);
CREATE INDEX relations_subject ON relations (subject, state, id);

-- How many active followers or members an actor has on a host: fan-out and access cost as much as there are hosts.
CREATE TABLE reach (
  object BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  host   TEXT NOT NULL,
  people BIGINT NOT NULL,
  inbox  TEXT NOT NULL,                       -- the shared inbox; '' when somebody there has none
  digest BYTEA NOT NULL,                      -- FEP-8fcf: XOR of the SHA-256 of their ids
  PRIMARY KEY (object, host)
);
CREATE INDEX reach_host ON reach (host);

CREATE TABLE blocks (
  id      BIGINT PRIMARY KEY,
  subject BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  object  BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  iri     TEXT NOT NULL,
  UNIQUE (subject, object)
);
CREATE INDEX blocks_object ON blocks (object);

CREATE TABLE peers (
  host    TEXT PRIMARY KEY,
  policy  TEXT NOT NULL,                      -- allowed, blocked, or '' for "only known"
  note    TEXT NOT NULL DEFAULT '',
  created BIGINT NOT NULL,
  seen    BIGINT NOT NULL DEFAULT 0           -- last valid signed request
);

-- media: the bytes of files -----------------------------------------------------------------------------

CREATE TABLE files (
  id          BIGINT PRIMARY KEY,
  owner       BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  item        BIGINT NOT NULL DEFAULT 0,      -- 0: not attached yet; -1: the picture of a profile
  position    BIGINT NOT NULL DEFAULT 0,
  kind        TEXT NOT NULL,                  -- image, gifv, video, audio, unknown
  mime        TEXT NOT NULL,
  path        TEXT NOT NULL DEFAULT '',       -- ours: name in the store
  preview     TEXT NOT NULL DEFAULT '',       -- ours: name of the thumbnail in the store
  remote      TEXT NOT NULL DEFAULT '',       -- theirs: address
  size        BIGINT NOT NULL DEFAULT 0,
  width       BIGINT NOT NULL DEFAULT 0,
  height      BIGINT NOT NULL DEFAULT 0,
  duration    DOUBLE PRECISION NOT NULL DEFAULT 0,
  blurhash    TEXT NOT NULL DEFAULT '',
  description TEXT NOT NULL DEFAULT '',       -- alternative text
  focus_x     DOUBLE PRECISION NOT NULL DEFAULT 0,
  focus_y     DOUBLE PRECISION NOT NULL DEFAULT 0,
  digest      TEXT NOT NULL DEFAULT '',       -- digestMultibase
  created     BIGINT NOT NULL
);
CREATE INDEX files_item ON files (item, position) WHERE item > 0;
CREATE INDEX files_loose ON files (created) WHERE item = 0;
CREATE INDEX files_owner ON files (owner);

-- content: what people make -----------------------------------------------------------------------------

CREATE TABLE items (
  id            BIGINT PRIMARY KEY,
  iri           TEXT NOT NULL UNIQUE,
  kind          TEXT NOT NULL,                -- Note, Article, Question, Event, Page … or Announce
  local         BOOLEAN NOT NULL,
  author        BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  grp           BIGINT NOT NULL DEFAULT 0,    -- the group it was posted in
  audience      BIGINT NOT NULL,              -- 0 public, 1 unlisted, 2 followers, 3 direct, 4 members of the group
  reply_to      BIGINT NOT NULL DEFAULT 0,
  reply_author  BIGINT NOT NULL DEFAULT 0,
  reply_iri     TEXT NOT NULL DEFAULT '',     -- the parent's id, known or not
  thread        BIGINT NOT NULL,              -- first item of the conversation; its own id at the root
  boost_of      BIGINT NOT NULL DEFAULT 0,    -- Announce only
  title         TEXT NOT NULL DEFAULT '',
  content       TEXT NOT NULL DEFAULT '',     -- sanitised HTML
  source        TEXT NOT NULL DEFAULT '',     -- what was typed
  summary       TEXT NOT NULL DEFAULT '',     -- content warning, or an article's summary
  language      TEXT NOT NULL DEFAULT '',
  url           TEXT NOT NULL DEFAULT '',
  context       TEXT NOT NULL DEFAULT '',
  sensitive     BOOLEAN NOT NULL DEFAULT FALSE,
  poll          TEXT NOT NULL DEFAULT '',     -- JSON; Question only
  emojis        TEXT NOT NULL DEFAULT '[]',
  replies_count BIGINT NOT NULL DEFAULT 0,
  likes_count   BIGINT NOT NULL DEFAULT 0,
  boosts_count  BIGINT NOT NULL DEFAULT 0,
  pinned        BIGINT NOT NULL DEFAULT 0,    -- when, by its author or its group
  closed        BIGINT NOT NULL DEFAULT 0,    -- locked by a moderator: when
  published     BIGINT NOT NULL,
  edited        BIGINT NOT NULL DEFAULT 0,
  created       BIGINT NOT NULL,              -- when it came to this node
  app           BIGINT NOT NULL DEFAULT 0,    -- the client it was written with
  doc           BYTEA NOT NULL                -- the object as it was signed
);
CREATE INDEX items_author ON items (author, id);
CREATE INDEX items_thread ON items (thread, id);
CREATE INDEX items_reply ON items (reply_to) WHERE reply_to > 0;
CREATE INDEX items_orphans ON items (reply_iri) WHERE reply_to = 0 AND reply_iri <> '';
CREATE INDEX items_boosts ON items (boost_of, author) WHERE boost_of > 0;
CREATE INDEX items_group ON items (grp, id) WHERE grp > 0;
CREATE INDEX items_public ON items (id) WHERE audience = 0 AND kind <> 'Announce' AND reply_iri = '';
CREATE INDEX items_pinned ON items (author, pinned) WHERE pinned > 0;

CREATE TABLE recipients (
  item    BIGINT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
  actor   BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  mention BOOLEAN NOT NULL,                   -- named in the text, and not only addressed
  PRIMARY KEY (item, actor)
);
CREATE INDEX recipients_actor ON recipients (actor, item);

CREATE TABLE tags (
  name TEXT NOT NULL,                         -- lower case, without #
  item BIGINT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
  PRIMARY KEY (name, item)
);
CREATE INDEX tags_item ON tags (item);

CREATE TABLE versions (
  id        BIGINT PRIMARY KEY,
  item      BIGINT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
  title     TEXT NOT NULL,
  content   TEXT NOT NULL,
  source    TEXT NOT NULL,
  summary   TEXT NOT NULL,
  sensitive BOOLEAN NOT NULL,
  poll      TEXT NOT NULL,
  files     TEXT NOT NULL,                    -- JSON: file ids
  written   BIGINT NOT NULL
);
CREATE INDEX versions_item ON versions (item, id);

-- What people say about an item without words: likes, emoji, dislikes, choices in a poll, bookmarks.
CREATE TABLE votes (
  id    BIGINT PRIMARY KEY,
  item  BIGINT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
  actor BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  kind  TEXT NOT NULL,                        -- like, dislike, emoji, choice, bookmark
  value TEXT NOT NULL,                        -- the emoji, or the number of the choice
  iri   TEXT NOT NULL,                        -- of the activity
  UNIQUE (item, actor, kind, value)
);
CREATE INDEX votes_actor ON votes (actor, kind, id);
CREATE INDEX votes_iri ON votes (iri) WHERE iri <> '';

CREATE TABLE tombstones (
  iri         TEXT PRIMARY KEY,
  former_type TEXT NOT NULL,
  deleted     BIGINT NOT NULL
);

-- timeline: what people read ----------------------------------------------------------------------------

CREATE TABLE notifications (
  id    BIGINT PRIMARY KEY,
  owner BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  kind  TEXT NOT NULL,                        -- mention, status, reblog, follow, follow_request, favourite, poll, update
  actor BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  item  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notifications_owner ON notifications (owner, id);
CREATE UNIQUE INDEX notifications_once ON notifications (owner, kind, actor, item);
CREATE INDEX notifications_item ON notifications (item) WHERE item > 0;

CREATE TABLE marks (
  owner     BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  timeline  TEXT NOT NULL,                    -- home, notifications
  last_read BIGINT NOT NULL,
  version   BIGINT NOT NULL,
  updated   BIGINT NOT NULL,
  PRIMARY KEY (owner, timeline)
);

-- outbox: what we tell others ---------------------------------------------------------------------------

CREATE TABLE activities (
  id      BIGINT PRIMARY KEY,
  iri     TEXT NOT NULL UNIQUE,
  actor   BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  kind    TEXT NOT NULL,
  item    BIGINT NOT NULL DEFAULT 0,          -- what it is about: decides who may read it
  public  BOOLEAN NOT NULL,                   -- may be read without asking about an item
  body    BYTEA NOT NULL
);
CREATE INDEX activities_actor ON activities (actor, id);
CREATE INDEX activities_item ON activities (item) WHERE item > 0;

CREATE TABLE deliveries (
  id       BIGINT PRIMARY KEY,
  host     TEXT NOT NULL,
  inbox    TEXT NOT NULL,
  activity BIGINT NOT NULL REFERENCES activities (id) ON DELETE CASCADE,
  tries    BIGINT NOT NULL DEFAULT 0,         -- answers that concerned this one alone
  status   BIGINT NOT NULL DEFAULT 0,         -- the last of them: 401, 403, 500
  due      BIGINT NOT NULL DEFAULT 0          -- set aside until then; 0: in its turn
);
CREATE INDEX deliveries_host ON deliveries (host, id);
CREATE INDEX deliveries_activity ON deliveries (activity);

CREATE TABLE hosts (
  host       TEXT PRIMARY KEY,
  due        BIGINT NOT NULL DEFAULT 0,       -- when to try next; 0: nothing waits
  state      TEXT NOT NULL DEFAULT '',        -- '', parked (down for a week), held (by an administrator)
  failures   BIGINT NOT NULL DEFAULT 0,       -- in a row
  failing    BIGINT NOT NULL DEFAULT 0,       -- since
  succeeded  BIGINT NOT NULL DEFAULT 0,       -- last time
  tried      BIGINT NOT NULL DEFAULT 0,       -- last failure
  lease      BIGINT NOT NULL DEFAULT 0,       -- until then one process has it; 0: nobody
  error      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX hosts_due ON hosts (due) WHERE due > 0;

-- A group's log: every activity that it sent to its members, numbered and chained.
CREATE TABLE log (
  grp      BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  seq      BIGINT NOT NULL,
  activity BIGINT NOT NULL REFERENCES activities (id) ON DELETE CASCADE,
  hash     TEXT NOT NULL,                     -- of this entry
  PRIMARY KEY (grp, seq)
);

CREATE TABLE idempotency (
  owner   BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  word    TEXT NOT NULL,
  item    BIGINT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (owner, word)
);

-- inbox: what others told us ----------------------------------------------------------------------------

CREATE TABLE received (
  id     BIGINT PRIMARY KEY,
  iri    TEXT NOT NULL UNIQUE,
  actor  TEXT NOT NULL,
  signer TEXT NOT NULL,                       -- owner of the key that signed the request
  body   BYTEA NOT NULL,
  state  TEXT NOT NULL,                       -- waiting, done, refused
  error  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX received_waiting ON received (actor, id) WHERE state = 'waiting';

-- What others report to us; decided by an administrator.
CREATE TABLE reports (
  id       BIGINT PRIMARY KEY,
  iri      TEXT NOT NULL UNIQUE,
  reporter BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  about    TEXT NOT NULL,                     -- JSON: ids of people and posts
  comment  TEXT NOT NULL,
  resolved BIGINT NOT NULL DEFAULT 0
);

-- jobs: durable work ------------------------------------------------------------------------------------

CREATE TABLE jobs (
  id         BIGINT PRIMARY KEY,
  kind       TEXT NOT NULL,
  unique_key TEXT,                            -- NULL: none, or it runs, or it failed
  payload    BYTEA NOT NULL,
  run_at     BIGINT NOT NULL,                 -- while it runs: the end of its lease; when it failed: its removal
  tries      BIGINT NOT NULL DEFAULT 0,
  error      TEXT NOT NULL DEFAULT '',
  failed     BOOLEAN NOT NULL DEFAULT FALSE,
  created    BIGINT NOT NULL
);
CREATE UNIQUE INDEX jobs_key ON jobs (kind, unique_key);
CREATE INDEX jobs_due ON jobs (run_at);

-- auth: who is asking -----------------------------------------------------------------------------------

CREATE TABLE accounts (
  actor     BIGINT PRIMARY KEY REFERENCES actors (id) ON DELETE CASCADE,
  email     TEXT NOT NULL UNIQUE,             -- lower case
  password  TEXT NOT NULL,                    -- argon2id; '' none
  admin     BOOLEAN NOT NULL DEFAULT FALSE,
  locale    TEXT NOT NULL DEFAULT '',
  privacy   TEXT NOT NULL DEFAULT 'public',   -- default visibility of posts
  sensitive BOOLEAN NOT NULL DEFAULT FALSE,
  language  TEXT NOT NULL DEFAULT '',
  created   BIGINT NOT NULL,
  disabled  BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE sessions (
  hash    TEXT PRIMARY KEY,                   -- SHA-256 of the cookie
  account BIGINT NOT NULL REFERENCES accounts (actor) ON DELETE CASCADE,
  agent   TEXT NOT NULL DEFAULT '',
  created BIGINT NOT NULL,
  seen    BIGINT NOT NULL
);
CREATE INDEX sessions_account ON sessions (account);

CREATE TABLE apps (
  id            BIGINT PRIMARY KEY,
  client_id     TEXT NOT NULL UNIQUE,
  secret_hash   TEXT NOT NULL,
  name          TEXT NOT NULL,
  website       TEXT NOT NULL DEFAULT '',
  redirect_uris TEXT NOT NULL,                -- one a line
  scopes        TEXT NOT NULL,                -- separated by blanks
  created       BIGINT NOT NULL
);

CREATE TABLE grants (
  hash         TEXT PRIMARY KEY,              -- SHA-256 of the code
  app          BIGINT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  account      BIGINT NOT NULL REFERENCES accounts (actor) ON DELETE CASCADE,
  scopes       TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  challenge    TEXT NOT NULL DEFAULT '',      -- PKCE, S256
  expires      BIGINT NOT NULL,
  used         BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE tokens (
  id      BIGINT PRIMARY KEY,
  hash    TEXT NOT NULL UNIQUE,
  app     BIGINT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  account BIGINT REFERENCES accounts (actor) ON DELETE CASCADE, -- NULL: the app itself
  scopes  TEXT NOT NULL,
  grant_hash TEXT NOT NULL DEFAULT '',        -- a code used twice revokes what it gave
  created BIGINT NOT NULL,
  used    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX tokens_account ON tokens (account);

-- migration 2: all that clients of Mastodon offer

-- shared: columns that several parts read

ALTER TABLE actors ADD COLUMN silenced BIGINT NOT NULL DEFAULT 0;          -- limited by an administrator: when
ALTER TABLE actors ADD COLUMN sensitized BIGINT NOT NULL DEFAULT 0;        -- its files are shown as sensitive: since
ALTER TABLE actors ADD COLUMN hide_collections BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE actors ADD COLUMN icon_description TEXT NOT NULL DEFAULT '';
ALTER TABLE actors ADD COLUMN image_description TEXT NOT NULL DEFAULT '';
ALTER TABLE actors ADD COLUMN attribution TEXT NOT NULL DEFAULT '[]';      -- JSON: domains that may name this actor as an author
ALTER TABLE actors ADD COLUMN show_media BOOLEAN NOT NULL DEFAULT TRUE;    -- tabs of the profile
ALTER TABLE actors ADD COLUMN show_media_replies BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE actors ADD COLUMN show_featured BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE items ADD COLUMN hidden BIGINT NOT NULL DEFAULT 0;             -- 1: not in public lists, its author is limited; 2: not at all, suspended
ALTER TABLE items ADD COLUMN quote_of BIGINT NOT NULL DEFAULT 0;           -- the item that it quotes, when known here (FEP-044f)
ALTER TABLE items ADD COLUMN quote_iri TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN quote_state TEXT NOT NULL DEFAULT '';         -- pending, accepted, rejected, revoked, deleted, unauthorized
ALTER TABLE items ADD COLUMN quote_stamp TEXT NOT NULL DEFAULT '';         -- id of the QuoteAuthorization
ALTER TABLE items ADD COLUMN quote_policy TEXT NOT NULL DEFAULT '';        -- who may quote it: '' as its audience says, public, followers, nobody; remote: JSON
ALTER TABLE items ADD COLUMN quotes_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN card BIGINT NOT NULL DEFAULT 0;               -- the preview of its first link
ALTER TABLE notifications ADD COLUMN filtered BOOLEAN NOT NULL DEFAULT FALSE; -- kept apart as a request
ALTER TABLE notifications ADD COLUMN about BIGINT NOT NULL DEFAULT 0;      -- a report, an event or a warning: see kind

-- What was signed stands apart: lists read items, and hardly ever these bytes.
CREATE TABLE docs (
  item BIGINT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
  body BYTEA NOT NULL                         -- the object as it was signed
);
INSERT INTO docs (item, body) SELECT id, doc FROM items;
ALTER TABLE items DROP COLUMN doc;

-- A home timeline looks through the newest items for those of the authors whom somebody follows: here without reading the items.
CREATE INDEX items_newest ON items (id, author, boost_of, reply_author, grp, audience, hidden, language);

-- Lists of groups, and of organisations with the number of their people.
CREATE INDEX actors_groups ON actors (id) WHERE kind = 'Group';
DROP INDEX actors_host;
CREATE INDEX actors_host ON actors (host, kind, deleted);

-- actors: what people keep to themselves about others

-- The words of names and titles, folded (see text.go), by which actors are found.
CREATE TABLE words (
  actor BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  word  TEXT NOT NULL,
  open  BOOLEAN NOT NULL,                     -- by anybody; else only by those who follow
  PRIMARY KEY (actor, word)
);
CREATE INDEX words_word ON words (open, word, actor);
-- only postgres
ALTER TABLE words ALTER COLUMN word TYPE TEXT COLLATE "C"; -- words are looked up by how they begin
ALTER TABLE tags ALTER COLUMN name TYPE TEXT COLLATE "C";
-- both

CREATE TABLE followed_tags (
  id    BIGINT PRIMARY KEY,
  actor BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  name  TEXT NOT NULL,
  UNIQUE (actor, name)
);

-- The hashtags that an actor shows on its profile.
CREATE TABLE featured_tags (
  id    BIGINT PRIMARY KEY,
  actor BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  name  TEXT NOT NULL,
  UNIQUE (actor, name)
);

CREATE TABLE mutes (
  id            BIGINT PRIMARY KEY,
  subject       BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  object        BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  notifications BOOLEAN NOT NULL,             -- these too
  until         BIGINT NOT NULL DEFAULT 0,    -- 0: for good
  UNIQUE (subject, object)
);

CREATE TABLE blocked_domains (
  id      BIGINT PRIMARY KEY,
  subject BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  domain  TEXT NOT NULL,
  UNIQUE (subject, domain)
);

CREATE TABLE notes (
  subject BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  object  BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  text    TEXT NOT NULL,
  PRIMARY KEY (subject, object)
);

CREATE TABLE endorsements (
  id      BIGINT PRIMARY KEY,
  subject BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  object  BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  UNIQUE (subject, object)
);

-- Suggestions that somebody does not want again.
CREATE TABLE dismissals (
  subject BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  object  BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  PRIMARY KEY (subject, object)
);

CREATE TABLE lists (
  id        BIGINT PRIMARY KEY,
  owner     BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  title     TEXT NOT NULL,
  replies   TEXT NOT NULL,                    -- whose answers to others are shown: followed, list, none
  exclusive BOOLEAN NOT NULL                  -- its members are not in home
);
CREATE INDEX lists_owner ON lists (owner, id);

CREATE TABLE list_members (
  id     BIGINT PRIMARY KEY,
  list   BIGINT NOT NULL REFERENCES lists (id) ON DELETE CASCADE,
  member BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  UNIQUE (list, member)
);

-- What is kept about somebody goes with that person.
CREATE INDEX mutes_object ON mutes (object);
CREATE INDEX notes_object ON notes (object);
CREATE INDEX endorsements_object ON endorsements (object);
CREATE INDEX dismissals_object ON dismissals (object);
CREATE INDEX list_members_member ON list_members (member);

-- Who chose to be found.
CREATE INDEX actors_active ON actors (last_item) WHERE discoverable;
CREATE INDEX actors_followed ON actors (followers_count) WHERE discoverable;

-- content: quotes, drafts that wait, previews of links

ALTER TABLE versions ADD COLUMN emojis TEXT NOT NULL DEFAULT '[]';
UPDATE versions SET files = '[]';                                          -- from now on JSON of the files as they were

-- Files with item = -n are those that item n had before an edit: its history shows them.
CREATE INDEX files_former ON files (item) WHERE item < -1;

-- A post that is to appear later.
CREATE TABLE drafts (
  id    BIGINT PRIMARY KEY,
  owner BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  due   BIGINT NOT NULL,
  draft TEXT NOT NULL                         -- JSON: what its writer sent
);
CREATE INDEX drafts_owner ON drafts (owner, due);

CREATE TABLE draft_files (
  file  BIGINT PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
  draft BIGINT NOT NULL REFERENCES drafts (id) ON DELETE CASCADE
);
CREATE INDEX draft_files_draft ON draft_files (draft);

-- What a page says about itself, for the posts that link to it.
CREATE TABLE cards (
  id                BIGINT PRIMARY KEY,
  link              TEXT NOT NULL UNIQUE,      -- as the posts have it, without its fragment
  url               TEXT NOT NULL DEFAULT '',  -- where the page was found
  kind              TEXT NOT NULL DEFAULT '',  -- link, photo, video; '': nothing to show
  title             TEXT NOT NULL DEFAULT '',
  description       TEXT NOT NULL DEFAULT '',
  language          TEXT NOT NULL DEFAULT '',
  author_name       TEXT NOT NULL DEFAULT '',
  author_url        TEXT NOT NULL DEFAULT '',
  author            BIGINT NOT NULL DEFAULT 0, -- an actor that lets the page's domain name it as its author
  provider_name     TEXT NOT NULL DEFAULT '',
  provider_url      TEXT NOT NULL DEFAULT '',
  image             TEXT NOT NULL DEFAULT '',
  image_description TEXT NOT NULL DEFAULT '',
  width             BIGINT NOT NULL DEFAULT 0,
  height            BIGINT NOT NULL DEFAULT 0,
  published         BIGINT NOT NULL DEFAULT 0,
  fetched           BIGINT NOT NULL DEFAULT 0, -- when; 0: not yet
  created           BIGINT NOT NULL
);
CREATE INDEX items_card ON items (card, id) WHERE card > 0;

-- The reading of answers on other servers that goes on in the background.
CREATE TABLE refreshes (
  id       BIGINT PRIMARY KEY,
  item     BIGINT NOT NULL UNIQUE REFERENCES items (id) ON DELETE CASCADE,
  started  BIGINT NOT NULL,
  finished BIGINT NOT NULL DEFAULT 0,
  found    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX items_quotes ON items (quote_of, id) WHERE quote_of > 0;
CREATE INDEX items_quoting ON items (quote_iri) WHERE quote_of = 0 AND quote_iri <> '';
CREATE INDEX items_stamps ON items (quote_stamp) WHERE quote_stamp <> '';

-- timeline: filters, requests, conversations, search

CREATE TABLE filters (
  id       BIGINT PRIMARY KEY,
  owner    BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  title    TEXT NOT NULL,
  contexts TEXT NOT NULL,                     -- home, notifications, public, thread, account; separated by blanks
  action   TEXT NOT NULL,                     -- warn, hide, blur
  expires  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX filters_owner ON filters (owner, id);

CREATE TABLE filter_words (
  id     BIGINT PRIMARY KEY,
  filter BIGINT NOT NULL REFERENCES filters (id) ON DELETE CASCADE,
  word   TEXT NOT NULL,
  whole  BOOLEAN NOT NULL                     -- not inside of a longer word
);
CREATE INDEX filter_words_filter ON filter_words (filter, id);

CREATE TABLE filter_items (
  id     BIGINT PRIMARY KEY,
  filter BIGINT NOT NULL REFERENCES filters (id) ON DELETE CASCADE,
  item   BIGINT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
  UNIQUE (filter, item)
);
CREATE INDEX filter_items_item ON filter_items (item);

-- What one does with notifications of those whom one does not know: 0 accept, 1 keep apart, 2 drop.
CREATE TABLE policies (
  owner         BIGINT PRIMARY KEY REFERENCES actors (id) ON DELETE CASCADE,
  not_following BIGINT NOT NULL,
  not_followers BIGINT NOT NULL,
  new_accounts  BIGINT NOT NULL,
  private       BIGINT NOT NULL,
  limited       BIGINT NOT NULL
);

-- Whose notifications are kept apart, until the owner has decided. Without any such notification left it is not shown.
CREATE TABLE requests (
  id    BIGINT PRIMARY KEY,
  owner BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  actor BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  UNIQUE (owner, actor)
);

-- Whose notifications are heard, whatever the policy says.
CREATE TABLE heard (
  owner BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  actor BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  PRIMARY KEY (owner, actor)
);

CREATE INDEX notifications_group ON notifications (owner, kind, item, id);
CREATE INDEX notifications_apart ON notifications (owner, actor) WHERE filtered;

CREATE TABLE muted_threads (
  owner  BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  thread BIGINT NOT NULL,
  PRIMARY KEY (owner, thread)
);
CREATE INDEX muted_threads_thread ON muted_threads (thread);

-- The direct posts of one thread between the same people, as one of them has them before oneself.
CREATE TABLE conversations (
  id     BIGINT PRIMARY KEY,
  owner  BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  thread BIGINT NOT NULL,
  people TEXT NOT NULL,                       -- the others: their numbers, ascending, separated by blanks
  last   BIGINT NOT NULL,                     -- the newest item; when none is left, the one that was
  unread BOOLEAN NOT NULL,
  UNIQUE (owner, thread, people)
);
CREATE INDEX conversations_owner ON conversations (owner, last);
CREATE INDEX conversations_thread ON conversations (thread);

CREATE TABLE directs (
  owner        BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  item         BIGINT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
  conversation BIGINT NOT NULL,               -- 0: its owner has taken the conversation away
  PRIMARY KEY (owner, item)
);
CREATE INDEX directs_item ON directs (item);
CREATE INDEX directs_conversation ON directs (conversation, item);

-- The direct posts that were there before: read, and in their conversations.
CREATE TABLE parties (item BIGINT NOT NULL, actor BIGINT NOT NULL, thread BIGINT NOT NULL, people TEXT NOT NULL DEFAULT '', PRIMARY KEY (item, actor));
INSERT INTO parties (item, actor, thread) SELECT i.id, i.author, i.thread FROM items i WHERE i.audience = 3
  UNION SELECT i.id, r.actor, i.thread FROM items i JOIN recipients r ON r.item = i.id WHERE i.audience = 3;
UPDATE parties SET people = COALESCE((SELECT STRING_AGG(CAST(o.actor AS TEXT), ' ' ORDER BY o.actor) FROM parties o WHERE o.item = parties.item AND o.actor <> parties.actor), '');
DELETE FROM parties WHERE actor NOT IN (SELECT a.id FROM actors a WHERE a.local AND a.kind = 'Person' AND a.deleted = 0);
INSERT INTO conversations (id, owner, thread, people, last, unread)
  SELECT ROW_NUMBER() OVER (ORDER BY MAX(p.item), p.actor), p.actor, p.thread, p.people, MAX(p.item), FALSE FROM parties p GROUP BY p.actor, p.thread, p.people;
INSERT INTO directs (owner, item, conversation)
  SELECT p.actor, p.item, c.id FROM parties p JOIN conversations c ON c.owner = p.actor AND c.thread = p.thread AND c.people = p.people;
DROP TABLE parties;

-- Polls that are open now: the job looks when each ends.
INSERT INTO jobs (id, kind, unique_key, payload, run_at, created)
  SELECT i.id, 'poll ended', CAST(i.id AS TEXT), CAST(CAST(i.id AS TEXT) AS BYTEA), 1, i.created FROM items i WHERE i.kind = 'Question' AND i.poll <> ''
  ON CONFLICT (id) DO NOTHING;
-- What can be found by its words: the folded text of an item, and signs that say for whom it may be (content/index.go).
CREATE TABLE searchable (
  item BIGINT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
  text TEXT NOT NULL
);
-- only sqlite
CREATE VIRTUAL TABLE searchable_words USING fts5 (text, content = 'searchable', content_rowid = 'item', columnsize = 0, tokenize = "unicode61 remove_diacritics 2");
CREATE TRIGGER searchable_added AFTER INSERT ON searchable BEGIN
  INSERT INTO searchable_words (rowid, text) VALUES (new.item, new.text);
END;
CREATE TRIGGER searchable_removed AFTER DELETE ON searchable BEGIN
  INSERT INTO searchable_words (searchable_words, rowid, text) VALUES ('delete', old.item, old.text);
END;
CREATE TRIGGER searchable_changed AFTER UPDATE ON searchable BEGIN
  INSERT INTO searchable_words (searchable_words, rowid, text) VALUES ('delete', old.item, old.text);
  INSERT INTO searchable_words (rowid, text) VALUES (new.item, new.text);
END;
-- only postgres
ALTER TABLE searchable ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED;
CREATE INDEX searchable_words ON searchable USING gin (words);
-- both

-- What was there before these tables is put into them in the background.
INSERT INTO jobs (id, kind, unique_key, payload, run_at, created)
  SELECT 1, 'index', 'all', CAST('0' AS BYTEA), 1, 1 WHERE EXISTS (SELECT 1 FROM actors);

-- media: emojis
-- media: emojis, documents, and what is still being processed

ALTER TABLE files ADD COLUMN state TEXT NOT NULL DEFAULT '';               -- waiting: path is what was sent; failed; '' fit to show
ALTER TABLE files ADD COLUMN error TEXT NOT NULL DEFAULT '';               -- why it failed, in a sentence
ALTER TABLE files ADD COLUMN name TEXT NOT NULL DEFAULT '';                -- of a document, as its sender called it

CREATE TABLE emojis (
  name     TEXT PRIMARY KEY,                  -- what stands between the colons
  file     BIGINT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
  category TEXT NOT NULL DEFAULT '',
  visible  BOOLEAN NOT NULL DEFAULT TRUE,     -- in the pickers of clients
  created  BIGINT NOT NULL
);

-- groups: what their owners and moderators do

ALTER TABLE items ADD COLUMN featured BIGINT NOT NULL DEFAULT 0;           -- pinned in its group: when
CREATE INDEX items_featured ON items (grp, featured) WHERE featured > 0;

CREATE TABLE decisions (
  id      BIGINT PRIMARY KEY,
  grp     BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  actor   BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE, -- who decided
  kind    TEXT NOT NULL,                      -- settings, role, removal, ban, unban, admission, rejection, deletion, lock, unlock, pin, unpin
  subject BIGINT NOT NULL DEFAULT 0,          -- about whom
  item    BIGINT NOT NULL DEFAULT 0,          -- about which post
  role    TEXT NOT NULL DEFAULT '',           -- that the subject got
  reason  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX decisions_group ON decisions (grp, id);

-- moderation

ALTER TABLE peers ADD COLUMN id BIGINT NOT NULL DEFAULT 0;                 -- of the decision, as clients name it; 0: there is none
ALTER TABLE peers ADD COLUMN decided BIGINT NOT NULL DEFAULT 0;            -- when; what it did to people bears the same time
ALTER TABLE peers ADD COLUMN reject_media BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE peers ADD COLUMN reject_reports BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE peers ADD COLUMN comment TEXT NOT NULL DEFAULT '';             -- why, for everybody; note is for colleagues
ALTER TABLE peers ADD COLUMN obfuscate BOOLEAN NOT NULL DEFAULT FALSE;     -- shown with stars
UPDATE peers SET decided = created, id = created * 65536 + (SELECT COUNT(*) FROM peers o WHERE o.policy <> '' AND o.host < peers.host) WHERE policy <> '';
UPDATE actors SET suspended = (SELECT p.decided FROM peers p WHERE p.host = actors.host)
  WHERE NOT local AND suspended = 0 AND host IN (SELECT p.host FROM peers p WHERE p.policy = 'blocked');
UPDATE items SET hidden = 2 WHERE author IN (SELECT a.id FROM actors a WHERE a.suspended > 0);
CREATE UNIQUE INDEX peers_decision ON peers (id) WHERE id > 0;

ALTER TABLE reports ADD COLUMN target BIGINT NOT NULL DEFAULT 0;           -- who is reported
ALTER TABLE reports ADD COLUMN category TEXT NOT NULL DEFAULT 'other';     -- spam, legal, violation, other
ALTER TABLE reports ADD COLUMN items TEXT NOT NULL DEFAULT '[]';           -- JSON: numbers of items
ALTER TABLE reports ADD COLUMN rules TEXT NOT NULL DEFAULT '[]';           -- JSON: numbers of rules
ALTER TABLE reports ADD COLUMN forwarded BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE reports ADD COLUMN assigned BIGINT NOT NULL DEFAULT 0;         -- to which administrator
ALTER TABLE reports ADD COLUMN resolver BIGINT NOT NULL DEFAULT 0;         -- which administrator resolved it
ALTER TABLE reports ADD COLUMN updated BIGINT NOT NULL DEFAULT 0;
CREATE INDEX reports_target ON reports (target, id) WHERE target > 0;

DROP INDEX notifications_once;                                             -- one person may report, or be warned, more than once
CREATE UNIQUE INDEX notifications_once ON notifications (owner, kind, actor, item, about);

CREATE TABLE rules (
  id           BIGINT PRIMARY KEY,
  position     BIGINT NOT NULL,
  text         TEXT NOT NULL,
  hint         TEXT NOT NULL DEFAULT '',
  translations TEXT NOT NULL DEFAULT '{}',    -- JSON: {"en":{"text","hint"}}
  created      BIGINT NOT NULL,
  deleted      BIGINT NOT NULL DEFAULT 0      -- reports may still name it
);

-- What the node says of itself, each version from its own date on.
CREATE TABLE texts (
  name      TEXT NOT NULL,                    -- description, about, privacy, terms
  language  TEXT NOT NULL,
  effective BIGINT NOT NULL,
  content   TEXT NOT NULL,                    -- as it was typed
  created   BIGINT NOT NULL,
  PRIMARY KEY (name, language, effective)
);

CREATE TABLE announcements (
  id        BIGINT PRIMARY KEY,
  content   TEXT NOT NULL,                    -- as it was typed
  starts    BIGINT NOT NULL DEFAULT 0,
  ends      BIGINT NOT NULL DEFAULT 0,
  all_day   BOOLEAN NOT NULL DEFAULT FALSE,
  published BIGINT NOT NULL,                  -- shown from then on
  updated   BIGINT NOT NULL
);

CREATE TABLE announcement_reads (
  announcement BIGINT NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
  account      BIGINT NOT NULL REFERENCES accounts (actor) ON DELETE CASCADE,
  PRIMARY KEY (announcement, account)
);

CREATE TABLE announcement_reactions (
  announcement BIGINT NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
  account      BIGINT NOT NULL REFERENCES accounts (actor) ON DELETE CASCADE,
  name         TEXT NOT NULL,                 -- an emoji, or the name of one of the node's own
  created      BIGINT NOT NULL,
  PRIMARY KEY (announcement, account, name)
);

CREATE TABLE warnings (
  id     BIGINT PRIMARY KEY,
  target BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  action TEXT NOT NULL,                       -- none, disable, sensitive, silence, suspend
  text   TEXT NOT NULL,
  report BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX warnings_target ON warnings (target);

-- What one of ours lost by a decision about others.
CREATE TABLE severances (
  id        BIGINT PRIMARY KEY,
  owner     BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  kind      TEXT NOT NULL,                    -- domain_block, account_suspension
  target    TEXT NOT NULL,                    -- the host, or the handle
  followers BIGINT NOT NULL,
  following BIGINT NOT NULL
);
CREATE INDEX severances_owner ON severances (owner);

-- What was decided by whom: rows are added and never changed, and each has the hash over the one before.
CREATE TABLE audit (
  id     BIGINT PRIMARY KEY,
  who    TEXT NOT NULL,                       -- name of the account, or "command line"
  source TEXT NOT NULL,                       -- network address, or ''
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  reason TEXT NOT NULL,
  hash   TEXT NOT NULL
);

CREATE TABLE email_domain_blocks (
  id      BIGINT PRIMARY KEY,
  domain  TEXT NOT NULL UNIQUE,
  created BIGINT NOT NULL
);

CREATE TABLE email_domain_tries (
  block  BIGINT NOT NULL REFERENCES email_domain_blocks (id) ON DELETE CASCADE,
  day    BIGINT NOT NULL,                     -- midnight UTC
  source TEXT NOT NULL,                       -- hash of the network
  uses   BIGINT NOT NULL,
  PRIMARY KEY (block, day, source)
);

CREATE TABLE email_blocks (
  id   BIGINT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE                   -- SHA-256 of the address without its variations
);

CREATE TABLE ip_blocks (
  id       BIGINT PRIMARY KEY,
  prefix   TEXT NOT NULL UNIQUE,
  severity TEXT NOT NULL,                     -- sign_up_requires_approval, sign_up_block, no_access
  comment  TEXT NOT NULL,
  created  BIGINT NOT NULL,
  expires  BIGINT NOT NULL DEFAULT 0
);

ALTER TABLE accounts ADD COLUMN pending BIGINT NOT NULL DEFAULT 0;         -- waits for approval, since
ALTER TABLE accounts ADD COLUMN reason TEXT NOT NULL DEFAULT '';           -- why the person wants to join
ALTER TABLE accounts ADD COLUMN made_by BIGINT NOT NULL DEFAULT 0;         -- the app that it was made with

-- Where people came from last, written at most once a day for each address.
CREATE TABLE addresses (
  account BIGINT NOT NULL REFERENCES accounts (actor) ON DELETE CASCADE,
  address TEXT NOT NULL,
  used    BIGINT NOT NULL,
  PRIMARY KEY (account, address)
);
CREATE INDEX addresses_address ON addresses (address);

-- On which days people were here: for the figures of the instance.
CREATE TABLE active_days (
  day     BIGINT NOT NULL,                    -- midnight UTC
  account BIGINT NOT NULL REFERENCES accounts (actor) ON DELETE CASCADE,
  PRIMARY KEY (day, account)
);

-- auth: second factor, push

ALTER TABLE accounts ADD COLUMN quote_policy TEXT NOT NULL DEFAULT 'public'; -- of new posts

-- What a person shows besides the password.
CREATE TABLE second_factors (
  account BIGINT PRIMARY KEY REFERENCES accounts (actor) ON DELETE CASCADE,
  secret  BYTEA NOT NULL,                     -- sealed
  since   BIGINT NOT NULL DEFAULT 0,          -- 0: it is being set up
  step    BIGINT NOT NULL DEFAULT 0           -- of the last code that was accepted: none counts twice
);

CREATE TABLE recovery_codes (
  account BIGINT NOT NULL REFERENCES accounts (actor) ON DELETE CASCADE,
  hash    TEXT NOT NULL,
  PRIMARY KEY (account, hash)
);

-- Where a client wants notifications to be pushed to (RFC 8030).
CREATE TABLE pushes (
  id       BIGINT PRIMARY KEY,
  token    BIGINT NOT NULL UNIQUE REFERENCES tokens (id) ON DELETE CASCADE,
  owner    BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  bearer   BYTEA NOT NULL,                    -- the token itself, sealed: a push names the account by it
  endpoint TEXT NOT NULL,
  p256dh   BYTEA NOT NULL,                    -- the client's public key
  auth     BYTEA NOT NULL,                    -- the client's secret
  standard BOOLEAN NOT NULL,                  -- RFC 8291; else the draft that came before
  alerts   TEXT NOT NULL,                     -- kinds of notifications, each between blanks
  policy   TEXT NOT NULL                      -- all, followed, follower, none: of whom
);
CREATE INDEX pushes_owner ON pushes (owner);

-- migration 3: groups whose members live on many nodes (groups-1)

ALTER TABLE actors ADD COLUMN members TEXT NOT NULL DEFAULT '';            -- groups: id of the list of members
ALTER TABLE actors ADD COLUMN log TEXT NOT NULL DEFAULT '';                -- groups: id of the log
ALTER TABLE actors ADD COLUMN member_digest TEXT NOT NULL DEFAULT '';      -- groups: of the active members; '' not counted yet
ALTER TABLE actors ADD COLUMN told BIGINT NOT NULL DEFAULT 0;              -- groups elsewhere: the last number of the log that the home told of
ALTER TABLE actors ADD COLUMN heard BIGINT NOT NULL DEFAULT 0;             -- groups elsewhere: when our copy was last seen to be the same
ALTER TABLE relations ADD COLUMN record TEXT NOT NULL DEFAULT '';          -- last part of the id of the record of a membership: stays the same
ALTER TABLE reach ADD COLUMN groups_1 BOOLEAN NOT NULL DEFAULT FALSE;      -- this host keeps a copy of the list of members
CREATE INDEX log_activity ON log (activity);
UPDATE relations SET record = 'm-' || CAST(id AS TEXT);

-- groups: owners and moderators act from their own nodes

ALTER TABLE decisions ADD COLUMN until BIGINT NOT NULL DEFAULT 0;          -- end of a ban
ALTER TABLE decisions ADD COLUMN act TEXT NOT NULL DEFAULT '';             -- id of the activity that tells it, when its group is elsewhere
CREATE UNIQUE INDEX decisions_act ON decisions (grp, act) WHERE act <> '';

-- groups: nothing leaks

ALTER TABLE tombstones ADD COLUMN secret BOOLEAN NOT NULL DEFAULT FALSE;   -- of what stood in a closed group: told to nobody
-- The nodes whose last member has left a closed group of ours.
CREATE TABLE departures (
  grp       BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  host      TEXT NOT NULL,
  since     BIGINT NOT NULL,
  purged    BIGINT NOT NULL DEFAULT 0,        -- when the node had deleted its copy, as it says
  confirmed BIGINT NOT NULL DEFAULT 0,        -- when it said so
  PRIMARY KEY (grp, host)
);
CREATE INDEX files_digest ON files (digest) WHERE remote <> '';
-- Groups are not among those whom people are counted to follow.
UPDATE actors SET following_count = (SELECT COUNT(*) FROM relations r JOIN actors o ON o.id = r.object AND o.kind <> 'Group' WHERE r.subject = actors.id AND r.state = 'active');
-- groups: settings

ALTER TABLE actors ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';         -- groups: JSON, of what no query asks for
-- groups: invitations
ALTER TABLE relations ADD COLUMN invitation TEXT NOT NULL DEFAULT '';      -- id of the last activity that invited
ALTER TABLE relations ADD COLUMN expires BIGINT NOT NULL DEFAULT 0;        -- until when that could be accepted
CREATE INDEX relations_invitation ON relations (invitation) WHERE invitation <> '';

-- People that one of ours invites to a group, pasted as text.
CREATE TABLE invitation_lists (
  id      BIGINT PRIMARY KEY,
  owner   BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  grp     BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  role    TEXT NOT NULL,
  until   BIGINT NOT NULL,                    -- end of the stay of guests
  message TEXT NOT NULL
);

CREATE TABLE invitation_lines (
  list    BIGINT NOT NULL REFERENCES invitation_lists (id) ON DELETE CASCADE,
  line    BIGINT NOT NULL,                    -- its number in the text, from 1
  text    TEXT NOT NULL,                      -- the line, or of a table the handle in it
  outcome TEXT NOT NULL DEFAULT '',           -- '' until it is done
  detail  TEXT NOT NULL DEFAULT '',           -- why, when it was refused
  invite  TEXT NOT NULL DEFAULT '',           -- id of the activity that asks the home of a group elsewhere
  PRIMARY KEY (list, line)
);
CREATE INDEX invitation_lines_invite ON invitation_lines (invite) WHERE invite <> '';
-- groups: copies that cannot drift
ALTER TABLE actors ADD COLUMN listed BIGINT NOT NULL DEFAULT 0;            -- groups elsewhere: the number of the log as of which the whole list of members was read
ALTER TABLE actors ADD COLUMN anew BIGINT NOT NULL DEFAULT 0;              -- groups elsewhere: when that was

-- How far the nodes of the members of a group of ours have read its log; what was delivered to them is seen from what still waits.
CREATE TABLE positions (
  grp  BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  host TEXT NOT NULL,
  seq  BIGINT NOT NULL,                       -- the last entry that it was shown
  at   BIGINT NOT NULL,                       -- when
  PRIMARY KEY (grp, host)
);
-- groups: home timelines

CREATE INDEX relations_active ON relations (subject, state, object); -- whom somebody follows

-- How far an author has come: none of its items has a greater number. The item itself may be gone.
CREATE TABLE latest (
  author BIGINT PRIMARY KEY REFERENCES actors (id) ON DELETE CASCADE,
  item   BIGINT NOT NULL
);
-- only sqlite
INSERT INTO latest (author, item) SELECT author, MAX(id) FROM items GROUP BY author;
CREATE TRIGGER items_latest AFTER INSERT ON items BEGIN -- on PostgreSQL, where homes are read in another way, latest stays empty
  INSERT INTO latest (author, item) VALUES (new.author, new.id) ON CONFLICT (author) DO UPDATE SET item = excluded.item WHERE excluded.item > latest.item;
END;
-- both

-- migration 4: groups whose members and files travel

-- groups: what is read from a log is not overtaken
ALTER TABLE actors ADD COLUMN log_read BIGINT NOT NULL DEFAULT 0;          -- groups elsewhere: of what is in received, all that was read from the log has smaller ids, and what came by itself since greater ones

-- groups: reports

-- What was reported in a group, for its owners and moderators: in one of ours, and in one elsewhere as its home tells those of this node.
-- Who reported is not in it.
CREATE TABLE group_reports (
  id       BIGINT PRIMARY KEY,
  iri      TEXT NOT NULL UNIQUE,              -- the home's
  grp      BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  target   BIGINT NOT NULL,                   -- who is reported; 0: resolved before this node had heard of it
  posts    TEXT NOT NULL DEFAULT '[]',        -- JSON: ids, sorted
  comment  TEXT NOT NULL DEFAULT '',
  since    BIGINT NOT NULL,
  resolved BIGINT NOT NULL DEFAULT 0,
  resolver BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX group_reports_open ON group_reports (grp, id) WHERE resolved = 0;
