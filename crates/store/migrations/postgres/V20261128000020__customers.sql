-- Compared by its bytes, as SQLite does: only then an index finds the names that begin alike.
alter table users alter column name type text collate "C";

-- Customers are found by the beginning of their names, too.
create index users_by_name on users (account_id, lower(name)) where name is not null;
