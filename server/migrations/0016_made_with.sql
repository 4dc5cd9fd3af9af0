-- What a database was made with, and is of no use without: the number of shards its customers were spread over, and the master key
-- their data was sealed with. Of few customers, or of those known by a name only, neither can be told.
create table made_with (
  only_row boolean primary key default true check (only_row),
  shards integer not null,
  -- A keyed hash of a fixed text; the key itself is nowhere in the database.
  master_key_mark text not null
);
