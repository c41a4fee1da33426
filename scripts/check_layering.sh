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
    function names(    i, list) {
      list = " "
      for (i = 4; i <= NF; i++) list = list $i " "
      return list
    }
    function complain(at, why) { print at ": " why; wrong++ }

    FNR == NR {                                       # layers.txt
      if ($1 == "room") allowed[$2] = names()
      if ($1 == "only") rooms_of[$2] = names()
      if ($1 == "keep") kept[$2] = 1
      next
    }

    {                                                 # path:line:#include "header"
      split($0, part, ":")
      match($0, /[<"][^>"]*[>"]/)
      count++
      path[count] = part[1]
      place[count] = part[1] ":" part[2]
      header[count] = substr($0, RSTART + 1, RLENGTH - 2)
    }

    # A header of ours that includes a kept one brings it along; so does a header that includes such a header.
    function find_carriers(    i, prefix, more) {
      do {
        more = 0
        for (i = 1; i <= count; i++) {
          if (path[i] !~ /\.h$/ || path[i] in brings) continue
          if (header[i] in brings) { brings[path[i]] = brings[header[i]]; more = 1 }
          for (prefix in kept)
            if (index(header[i], prefix) == 1) { brings[path[i]] = header[i]; more = 1 }
        }
      } while (more)
    }

    function check_ours(at, from, header,    to) {
      to = room_of(header)
      if (to == from) return
      if (from ~ /^runtime\// && to ~ /^compiler\//)
        complain(at, from " includes " header "; the runtime knows of no compiler")
      else if (allowed[from] != " * " && index(allowed[from], " " to " ") == 0)
        complain(at, from " may not include " header "; it sees" (allowed[from] == " " ? " nothing but itself" : allowed[from] "only"))
      else if (header in brings)
        complain(at, header " brings in <" brings[header] ">, which " to " keeps to itself")
    }

    function check_theirs(at, from, header,    prefix) {
      for (prefix in rooms_of)
        if (index(header, prefix) == 1 && index(rooms_of[prefix], " " from " ") == 0) {
          complain(at, "<" header "> belongs in" rooms_of[prefix] "and nowhere else")
          return
        }
    }

    END {
      find_carriers()
      for (i = 1; i <= count; i++) {
        from = room_of(path[i])
        if (!(from in allowed)) complain(place[i], from " is not in scripts/layers.txt; say there what it may include")
        else if (header[i] ~ /^(compiler|runtime|cli)\//) check_ours(place[i], from, header[i])
        else check_theirs(place[i], from, header[i])
      }
      if (wrong) { print wrong " includes are out of place; docs/architecture.md says who may include whom"; exit 1 }
    }
  ' scripts/layers.txt - >&2
