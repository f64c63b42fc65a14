-- Putting the shards of past hours together looks at those that are left, not at every hour there was.
create index stats_shards on stats_hourly (hour) where shard > 0;

-- Whether a customer has devices is asked before the customer is removed.
create index machines_by_user on machines (user_id) where user_id is not null;
