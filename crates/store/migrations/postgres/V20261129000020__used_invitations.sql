-- A link that was used, or that another took the place of, is remembered for a while: whoever opens it again does not guess.
alter table invitations add column used_at bigint;
