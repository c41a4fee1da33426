#!/bin/sh
# vim_syntax.sh VIM: runs vim_syntax.vim without a terminal, and shows its report.
here=$(dirname "$0")
rm -f "$CHAIN_REPORT"
"$1" -u NONE -i NONE -N -es -S "$here/vim_syntax.vim" </dev/null
status=$?
cat "$CHAIN_REPORT"
exit "$status"
