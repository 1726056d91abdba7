# Sourced by the benchmarks: a server of their own on an empty data folder, gone when they end.
# Sets `endpoint`, `data` and `server_pid`.
program=${PERDURE_PROGRAM:-build/release/perdure}
data=$(mktemp -d -t perdure-bench-XXXXXX)
port=$(/usr/bin/python3 -c '
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
endpoint=http://127.0.0.1:$port
"$program" serve --data "$data/server" --listen "127.0.0.1:$port" > "$data/log" 2>&1 &
server_pid=$!
trap 'kill $server_pid 2> /dev/null; wait $server_pid 2> /dev/null; rm -rf "$data"' EXIT
for _ in $(seq 200); do
  curl -fs "$endpoint/health/ready" > /dev/null && break
  sleep 0.05
done

# states OPERATION JSON: one call in AWS's protocol.
states() {
  curl -fsS "$endpoint/" -H "X-Amz-Target: AWSStepFunctions.$1" \
    -H 'Content-Type: application/x-amz-json-1.0' -d "$2"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# CPU seconds that the server has used so far.
server_cpu() {
  awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$server_pid/stat"
}
