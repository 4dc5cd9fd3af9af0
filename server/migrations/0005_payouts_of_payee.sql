-- A payout is decided on the payouts made to its payee before, which are counted twice for each; a payee's list reads
-- them too.
create index on payouts (tenant_id, payee_id, id);
