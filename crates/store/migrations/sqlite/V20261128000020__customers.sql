-- Customers are found by the beginning of their names, too.
create index users_by_name on users (account_id, lower(name)) where name is not null;
