#!/usr/bin/env bash
# Holds every #include in the rooms to scripts/layers.txt, and says in words where one is out of place.
# Tests may include anything.
. "$(dirname "$0")/lib.sh"

git ls-files -co --exclude-standard -z -- 'compiler/*.h' 'compiler/*.cpp' 'runtime/*.h' 'runtime/*.cpp' 'cli/*.h' 'cli/*.cpp' |
  { xargs -0 -r grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' || true; } |
  awk '
    function room_of(path,    parts) {
      split(path, parts, "/")
      return parts[1] == "cli" ? "cli" : parts[1] "/" parts[2]
    }
    function complain(why) { print place ": " why; wrong++ }

    FNR == NR {                                       # layers.txt
      if ($0 ~ /^room /) { allowed[$2] = " "; for (i = 4; i <= NF; i++) allowed[$2] = allowed[$2] $i " " }
      if ($0 ~ /^only /) { rooms_of[$2] = " "; for (i = 4; i <= NF; i++) rooms_of[$2] = rooms_of[$2] $i " " }
      if ($0 ~ /^body /) body[$2] = 1
      next
    }

    {                                                 # path:line:#include "header"
      split($0, part, ":")
      path = part[1]; place = path ":" part[2]; from = room_of(path)
      match($0, /[<"][^>"]*[>"]/)
      header = substr($0, RSTART + 1, RLENGTH - 2)

      if (!(from in allowed)) { complain(from " is not in scripts/layers.txt; say there what it may include"); next }

      if (header ~ /^(compiler|runtime|cli)\//) {
        to = room_of(header)
        if (to == from || allowed[from] == " * ") next
        if (from ~ /^runtime\// && to ~ /^compiler\//) complain(from " includes " header "; the runtime knows of no compiler")
        else if (index(allowed[from], " " to " ") == 0) complain(from " may not include " header "; it sees" (allowed[from] == " " ? " nothing but itself" : allowed[from] "only"))
        next
      }

      for (prefix in rooms_of)
        if (index(header, prefix) == 1 && index(rooms_of[prefix], " " from " ") == 0) {
          complain("<" header "> belongs in" rooms_of[prefix] "and nowhere else"); next
        }
      if (path ~ /\.h$/)
        for (prefix in body)
          if (index(header, prefix) == 1) { complain("<" header "> may stand in .cpp files only, so that nobody depends on it unknowingly"); next }
    }

    END {
      if (wrong) { print wrong " includes are out of place; docs/architecture.md says who may include whom"; exit 1 }
    }
  ' scripts/layers.txt - >&2
