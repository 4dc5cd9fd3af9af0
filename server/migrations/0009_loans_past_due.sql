-- Every purchase asks how far its line is behind. Most are not behind at all: an index of the few loans that are says so
-- without a look at the rows of all the others.
create index loans_past_due on loans (shard, line_id) where days_past_due > 0;
