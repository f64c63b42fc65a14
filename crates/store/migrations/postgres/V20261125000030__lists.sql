-- Compared by their bytes, as SQLite does: only then an index finds the texts that begin alike.
alter table licenses alter column name type text collate "C";
alter table licenses alter column subject type text collate "C";
alter table users alter column external_id type text collate "C";
alter table users alter column email type text collate "C";
alter table machines alter column fingerprint type text collate "C";

-- Lists of licences: by their end within a form, by the beginning of a name, and by the device they run on.
create index licenses_by_scheme_expiry on licenses (scheme, expiry) where expiry is not null;
create index licenses_by_name on licenses (lower(name)) where name is not null;
create index licenses_by_subject on licenses (lower(subject)) where subject is not null;
create index machines_by_fingerprint on machines (fingerprint);
