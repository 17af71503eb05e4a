-- The state of a registry root: what it holds, what it is about to publish, and what is known of each
-- bucket. Version 1 (PRAGMA user_version). README, "FORMAT", describes it for people.
--
-- digest   BLOB: one byte algorithm (1 sha256, 2 sha512), then the hash
-- *_at     INTEGER: seconds since 1970, UTC; *_ms milliseconds
-- class    INTEGER: enum object_class of base/layout.h
-- key      TEXT: as base/layout.h makes it, without any remote's prefix

CREATE TABLE meta (             -- facts about this root: 'created_at', 'rescanned_at', 'changes',
                                -- 'file_system': see db/root/probe.c,
                                -- 'unrecorded.<remote>': see remote_note of db/state/remote.h,
                                -- 'kept.<remote>.<key>': see db/state/kept_tag.h
	name TEXT PRIMARY KEY,
	value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE blob (             -- bytes the root holds: layers, configs, manifests
	digest BLOB PRIMARY KEY,
	size INTEGER NOT NULL,
	sha256 BLOB NOT NULL,   -- of the same bytes, also where the digest is another algorithm's
	md5 BLOB NOT NULL,      -- 16 zero bytes: not computed, as above 8 MiB (their parts are)
	verified_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE blob_parts (       -- the MD5s of a blob's parts, unless its only one is the blob.md5
	digest BLOB NOT NULL,
	part_size INTEGER NOT NULL,
	md5s BLOB NOT NULL,     -- 16 bytes per part, in order
	composite BLOB NOT NULL, -- MD5 of md5s: the multipart ETag without its "-N"
	PRIMARY KEY (digest, part_size)
) WITHOUT ROWID;

CREATE TABLE object (           -- what the tree holds and a bucket must hold; v2/ itself is implied
	key TEXT PRIMARY KEY,
	class INTEGER NOT NULL,
	digest BLOB NOT NULL,   -- of the bytes (SHA-256 where the key does not name one)
	size INTEGER NOT NULL,
	md5 BLOB NOT NULL,      -- as in blob
	content_type TEXT,      -- manifests and tags; NULL: the class's own
	changed_at INTEGER NOT NULL -- when the bytes under this key last changed
) WITHOUT ROWID;
CREATE INDEX object_by_digest ON object (digest, class);

CREATE TABLE manifest (         -- what stage read in a manifest or index
	digest BLOB PRIMARY KEY,
	media_type TEXT NOT NULL,
	artifact_type TEXT,     -- as a referrers list shows it; NULL: none
	annotations TEXT,       -- JSON object; NULL: none
	subject BLOB,           -- digest; NULL: none
	platform TEXT           -- os/arch[/variant] of the config; NULL: an index, or not an image
) WITHOUT ROWID;
CREATE INDEX manifest_by_subject ON manifest (subject) WHERE subject IS NOT NULL;

CREATE TABLE edge (             -- parent refers to child
	parent BLOB NOT NULL,
	position INTEGER NOT NULL, -- 0 …, in document order
	child BLOB NOT NULL,
	role INTEGER NOT NULL,  -- enum edge_role of db/state/manifest.h
	present INTEGER NOT NULL, -- 0: legally not here (sparse index, foreign layer)
	size INTEGER NOT NULL,  -- as the descriptor says
	platform TEXT,          -- of an index's entry
	PRIMARY KEY (parent, position)
) WITHOUT ROWID;
CREATE INDEX edge_by_child ON edge (child);

CREATE TABLE tag (
	repo TEXT NOT NULL,
	name TEXT NOT NULL,
	digest BLOB NOT NULL,   -- what the tag points, or pointed, to
	staged_at INTEGER NOT NULL, -- when it began to point there
	removed_at INTEGER,     -- not NULL: a tombstone, for sync to remove it from buckets
	PRIMARY KEY (repo, name)
) WITHOUT ROWID;

CREATE TABLE layer_cache (      -- which blob a plain layer became
	diff_id BLOB NOT NULL,
	recipe TEXT NOT NULL,   -- "gzip:6", "zstd:3"
	digest BLOB NOT NULL,
	PRIMARY KEY (diff_id, recipe)
) WITHOUT ROWID;

CREATE TABLE publication (      -- intents: open ones are finished by whoever opens the root next
	id INTEGER PRIMARY KEY,
	started_at INTEGER NOT NULL
);

CREATE TABLE publication_step (
	publication INTEGER NOT NULL REFERENCES publication ON DELETE CASCADE,
	position INTEGER NOT NULL,
	action INTEGER NOT NULL, -- enum step_action of db/root/publication.c
	source TEXT,            -- MOVE: name in .drydock/tmp; LINK: a key
	key TEXT NOT NULL,
	PRIMARY KEY (publication, position)
) WITHOUT ROWID;

CREATE TABLE remote (
	id INTEGER PRIMARY KEY,
	endpoint TEXT NOT NULL,
	bucket TEXT NOT NULL,
	prefix TEXT NOT NULL,
	region TEXT,            -- as the server corrected it; NULL: as configured
	quirks TEXT,            -- what was learned of the provider, JSON; NULL: nothing
	generation INTEGER NOT NULL DEFAULT 0, -- counts whole syncs
	synced_at INTEGER,      -- start of the last sync that finished whole; NULL: none
	UNIQUE (endpoint, bucket, prefix)
);

CREATE TABLE remote_object (    -- what this root put into a bucket, or verified there
	remote INTEGER NOT NULL REFERENCES remote ON DELETE CASCADE,
	key TEXT NOT NULL,
	etag TEXT NOT NULL,     -- without quotes
	size INTEGER NOT NULL,
	digest BLOB NOT NULL,   -- of the bytes that were there then
	part_size INTEGER,      -- multipart: with which the ETag was made; NULL: single PUT or unknown
	verified_at INTEGER NOT NULL,
	generation INTEGER NOT NULL,
	sent_by_us INTEGER NOT NULL,
	unreachable_at INTEGER, -- since when nothing staged refers to it; NULL: needed
	PRIMARY KEY (remote, key)
) WITHOUT ROWID;

CREATE TABLE upload (           -- multipart uploads under way; see sync/multipart/transition.h
	id INTEGER PRIMARY KEY,
	remote INTEGER NOT NULL REFERENCES remote ON DELETE CASCADE,
	key TEXT NOT NULL,
	digest BLOB NOT NULL,
	size INTEGER NOT NULL,
	part_size INTEGER NOT NULL,
	token TEXT NOT NULL,    -- x-amz-meta-drydock-token: recognises our own lost Complete
	upload_id TEXT,         -- NULL while CREATING
	state INTEGER NOT NULL, -- enum multipart_state
	adopted INTEGER NOT NULL DEFAULT 0, -- found after a lost response: never aborted
	created_at INTEGER NOT NULL, -- the intent, local clock
	UNIQUE (remote, key)
);

CREATE TABLE upload_part (
	upload INTEGER NOT NULL REFERENCES upload ON DELETE CASCADE,
	number INTEGER NOT NULL, -- from 1
	size INTEGER NOT NULL,
	md5 BLOB NOT NULL,
	etag TEXT NOT NULL,
	PRIMARY KEY (upload, number)
) WITHOUT ROWID;

CREATE TABLE run (              -- history
	id INTEGER PRIMARY KEY,
	command TEXT NOT NULL,
	remote INTEGER REFERENCES remote ON DELETE SET NULL,
	started_at INTEGER NOT NULL,
	ended_at INTEGER,       -- NULL: still running, or killed
	status INTEGER,         -- exit status
	bytes INTEGER NOT NULL DEFAULT 0, -- written by stage, sent by sync
	objects INTEGER NOT NULL DEFAULT 0, -- images staged, objects sent
	failed INTEGER NOT NULL DEFAULT 0,
	message TEXT            -- the error, when there was one
);
