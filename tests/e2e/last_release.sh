#!/usr/bin/env bash
# Builds the server of the last released version: last_release.sh FOLDER
#
# Its sources come from this repository's history: the commit that last_release.txt names. Built once; the programs are in
# FOLDER/bin. Exits with 77 when the history is not here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:?FOLDER}
read -r version commit <"$here/last_release.txt"
[ "$(cat "$folder/built" 2>/dev/null)" != "$commit" ] || exit 0
git -C "$here" cat-file -e "$commit^{commit}" 2>/dev/null || {
  echo "skipped: the sources of $version ($commit) are not in this repository's history"
  exit 77
}
rm -rf "$folder"
mkdir -p "$folder/source"
git -C "$here/../.." archive --format=tar "$commit" | tar -x -C "$folder/source"
unset LIBRARY_PATH
cmake -S "$folder/source" -B "$folder" -G Ninja -Wno-dev -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF >/dev/null
cmake --build "$folder" --target sanyuan >/dev/null
echo "$commit" >"$folder/built"
