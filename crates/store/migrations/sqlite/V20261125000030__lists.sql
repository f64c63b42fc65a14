-- Lists of licences: by their end within a form, by the beginning of a name, and by the device they run on.
create index licenses_by_scheme_expiry on licenses (scheme, expiry) where expiry is not null;
create index licenses_by_name on licenses (lower(name)) where name is not null;
create index licenses_by_subject on licenses (lower(subject)) where subject is not null;
create index machines_by_fingerprint on machines (fingerprint);
