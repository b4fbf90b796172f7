PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    folder_id INTEGER REFERENCES folders(id) ON DELETE SET NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    device TEXT NOT NULL,
    inode TEXT NOT NULL,
    content TEXT,
    state TEXT NOT NULL DEFAULT 'waiting',
    position INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    title TEXT,
    artist TEXT,
    album TEXT,
    tag_genre TEXT
);
INSERT INTO "files" VALUES(1,X'2F6D757369632F612E666C6163',1,1000,1700000000000000000,'1','a','sound a','waiting',0,NULL,'A song','Someone',NULL,NULL);
INSERT INTO "files" VALUES(2,X'2F6D757369632F622E666C6163',1,1000,1700000000000000000,'1','b',NULL,'waiting',0,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    added_at TEXT NOT NULL
);
INSERT INTO "folders" VALUES(1,X'2F6D75736963','2026-01-01T00:00:00+00:00');
CREATE TABLE models (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    settings TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    genres TEXT NOT NULL,
    UNIQUE (sha256, settings)
);
INSERT INTO "models" VALUES(1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','whole file, 1','old','Old','["Folk", "Jazz"]');
CREATE TABLE results (
    content TEXT NOT NULL,
    model_id INTEGER NOT NULL REFERENCES models(id),
    guess TEXT,
    confidence REAL NOT NULL,
    genre TEXT,
    doubt TEXT,
    verdict TEXT NOT NULL,
    seconds REAL NOT NULL,
    scores TEXT NOT NULL,
    warnings TEXT NOT NULL,
    made_at TEXT NOT NULL,
    PRIMARY KEY (content, model_id)
) WITHOUT ROWID;
INSERT INTO "results" VALUES('sound a',1,'Folk',0.75,'Folk',NULL,'Folk, 75 % sure.',12.0,'[0.75, 0.25]','["a warning"]','2026-01-01T00:00:00+00:00');
CREATE TABLE reviews (
    content TEXT PRIMARY KEY,
    genre TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "reviews" VALUES('sound a','Jazz','corrected','2026-01-01T00:00:00+00:00');
CREATE TABLE timelines (
    content TEXT NOT NULL,
    model_id INTEGER NOT NULL REFERENCES models(id),
    data BLOB NOT NULL,
    PRIMARY KEY (content, model_id)
);
INSERT INTO "timelines" VALUES('sound a',1,X'02000000020000000000000000000000000000000000F83F000000000000084000000000000012400000403F0000803E0000403F0000803E0000');
CREATE INDEX files_in_order ON files(position, id);
CREATE INDEX files_by_inode ON files(inode, device);
CREATE INDEX files_by_content ON files(content);
COMMIT;
