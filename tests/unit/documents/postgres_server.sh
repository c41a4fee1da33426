#!/usr/bin/env bash
# postgres_server.sh FOLDER: a PostgreSQL server whose socket and data are in FOLDER, without TCP, until it is killed.
# Prints `ready`, or `missing` if none is installed. As root it runs as the user `postgres`, as PostgreSQL wants it.
set -euo pipefail
folder=${1:?usage: postgres_server.sh FOLDER}

bin=''
for each in /usr/lib/postgresql/*/bin; do
  if [ -x "$each/postgres" ]; then bin=$each; fi
done
as=()
if [ "$(id -u)" -eq 0 ]; then
  if ! id postgres >/dev/null 2>&1; then bin=''; fi
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
if [ -z "$bin" ]; then
  echo missing
  exit 0
fi

mkdir -p "$folder/pg"
chmod 0711 "$folder"
if [ "$(id -u)" -eq 0 ]; then chown postgres "$folder/pg"; fi
cd "$folder/pg"
"${as[@]}" "$bin/initdb" -D "$folder/pg/data" -U tester -A trust --no-sync -E UTF8 --locale=C >"$folder/initdb.log" 2>&1
"${as[@]}" "$bin/postgres" -D "$folder/pg/data" -k "$folder/pg" -c listen_addresses='' -c fsync=off \
  -c shared_buffers=8MB >"$folder/postgres.log" 2>&1 &
server=$!
trap 'kill -INT $server 2>/dev/null; wait $server' TERM EXIT
for _ in $(seq 200); do
  if "$bin/pg_isready" -q -h "$folder/pg" -U tester; then
    echo ready
    wait $server
    exit
  fi
  sleep 0.05
done
echo missing
