# Runs chromedriver until standard input closes; then it ends chromedriver, all browsers and itself, and removes their files.
#
# Argument: the program.

set -eu
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/keyward-browser.XXXXXX")
export TMPDIR
trap '' HUP INT TERM PIPE

(
    trap - HUP INT TERM PIPE
    exec "$1" --port=0 2>&1
) &
exec >&- # whoever reads learns from its end that chromedriver is gone
read -r _ || true
kill -TERM 0
sleep 1
rm -rf "$TMPDIR" || true
kill -KILL 0
