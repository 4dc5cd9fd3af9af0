-- Money, and the close of a day, ask for the loans of a line that are not settled. After years of shopping nearly all of them are:
-- an entry says so without a look at its row. It costs no more: when a loan is settled, it leaves the index of days as well.
create index loans_shard_line_id_status_idx on loans (shard, line_id, status);
drop index loans_shard_line_id_idx;
