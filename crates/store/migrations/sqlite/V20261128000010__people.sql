-- The people of the console: the second factor's last step works once; a sign-in may still wait for it.
alter table users add column totp_step integer;
alter table sessions add column pending integer not null default 0;
create index users_people on users (account_id, serial) where role <> 'user';
create index sessions_by_user on sessions (user_id) where user_id is not null;

-- Links that let somebody in once: without an address, whoever opens it chooses one.
create table invitations (
  serial integer primary key,
  id blob not null unique,
  account_id blob not null references accounts (id),
  digest blob not null unique,
  email text,
  role text not null,
  created_at integer not null,
  expires_at integer not null
) strict;
