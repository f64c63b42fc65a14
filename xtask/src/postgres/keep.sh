# Makes a PostgreSQL server, says `ready`, and takes everything away again once standard input closes. Whoever started
# this holds the other end of it, so that nothing is left behind however that process ends.
#
# Arguments: the directory of the server's programs, and the port.

set -eu
programs=$1 port=$2

leave() {
    trap '' HUP INT TERM PIPE
    "$programs/pg_ctl" stop --silent --pgdata=data --mode=immediate >>log 2>&1 || true # it may never have run
    cd /
    rm -rf "$place"
}

failed() {
    cat log >&2
    exit 1
}

place=$(mktemp -d "${TMPDIR:-/tmp}/keyward-postgres.XXXXXX")
cd "$place"
trap leave EXIT
trap 'exit 1' HUP INT TERM PIPE # of which PIPE says that nobody waits for `ready` any more

# Only the making goes without fsync; the server runs with it.
"$programs/initdb" --pgdata=data --username=keyward --encoding=UTF8 --locale=C --auth=trust --no-sync >log 2>&1 </dev/null ||
    failed

cat >>data/postgresql.conf <<END
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$place'
max_connections = 200
shared_buffers = 128MB
END

# The directory of the socket is this user's alone.
cat >data/pg_hba.conf <<END
local all keyward trust
host all keyward 127.0.0.1/32 trust
END

"$programs/pg_ctl" start --silent --wait --pgdata=data --log=log >>log 2>&1 </dev/null || failed

echo ready
read -r _ || true
