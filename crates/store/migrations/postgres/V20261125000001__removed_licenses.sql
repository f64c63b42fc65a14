-- An installation can take a licence off its list; it stays known, so that a revoked one does not come back as new.
alter table licenses add column removed_at bigint;
