# Makes a directory for PostgreSQL clusters, prints it, and takes it away again with every server in it once standard input
# closes: whoever started this holds the other end of it, so that nothing is left behind however that process ends.

set -u

leave() {
    trap '' HUP INT TERM PIPE
    for file in "$place"/*/postmaster.pid; do
        # It may have ended, and its number may be another's by now: only one that works in that directory is ended.
        pid=$(head -n 1 "$file" 2>/dev/null) || continue
        case $(readlink "/proc/$pid/cwd" 2>/dev/null) in
        "$place"/*) kill -QUIT "$pid" ;;
        esac
    done
    rm -rf "$place"
}

place=$(mktemp -d "${TMPDIR:-/tmp}/keyward-crash.XXXXXX") || exit 1
trap leave EXIT
trap 'exit 1' HUP INT TERM PIPE

echo "$place"
read -r _ || true
