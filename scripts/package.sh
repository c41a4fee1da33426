#!/usr/bin/env bash
# Builds preset release and makes a Debian package of it: build/release/chain_VERSION_ARCH.deb.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh build package
scripts/build.sh release
(cd build/release && cpack -G DEB >cpack.log) || {
  cat build/release/cpack.log >&2
  die "cpack failed"
}
ls build/release/*.deb
