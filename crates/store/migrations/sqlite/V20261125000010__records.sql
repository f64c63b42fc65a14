-- Licences that are for somebody named are listed by product, the newest first; a token's sessions end with it.
create index licenses_by_product_with_subject on licenses (product_id, serial) where subject is not null;
create index sessions_by_token on sessions (token_id) where token_id is not null;
