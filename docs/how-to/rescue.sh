#!/bin/sh
# Restore a dataset from its datablocks with nothing but tar and sha256sum (and sh, find, mv of any Unix).
#
#   sh rescue.sh FOLDER_WITH_TARS NEW_FOLDER
#
# All *.tar in the folder must belong to one dataset. Of several copies of one datablock (X.tar, X.2.tar, ...) each file
# is taken from the first that has it. A file gets to the new folder only with the sha256 in the manifest.
# TAR=bsdtar takes another tar. Exit code: 0 all files are back, 1 some are not (they are named), 2 wrong call.

set -u
export LC_ALL=C.UTF-8
tar=${TAR:-tar}
if [ $# -ne 2 ] || [ ! -d "$1" ] || [ -e "$2" ]; then
    echo "usage: sh rescue.sh FOLDER_WITH_TARS NEW_FOLDER" >&2
    exit 2
fi
mkdir "$2" "$2/.rescue" || exit 2
from=$(cd "$1" && pwd) to=$(cd "$2" && pwd)
work=$to/.rescue
: > "$work/good" && : > "$work/bad" && : > "$work/blocks"

for block in "$from"/*.tar; do
    bags=$work/bags
    mkdir "$bags"
    # Damage is no reason to stop: what tar could read is compared with the manifest below.
    "$tar" --extract --ignore-zeros --file "$block" --directory "$bags" 2> "$work/said" || cat "$work/said" >&2
    for bag in "$bags"/*; do
        if ! (cd "$bag" 2> "$work/said" && sha256sum --check --status --strict tagmanifest-sha256.txt); then
            echo "its own files are damaged: $block" >&2
        fi
        sed -n 's/^Bag-Count: //p' "$bag/bag-info.txt" >> "$work/blocks"
        while IFS= read -r line; do
            name=${line#*  }
            target=$to/${name#data/}
            if [ -e "$target" ]; then
                continue
            elif (cd "$bag" && printf '%s\n' "$line" | sha256sum --check --status --strict 2> "$work/said"); then
                mkdir -p "${target%/*}" && mv "$bag/$name" "$target" && printf '%s\n' "$line" >> "$work/good"
            else
                printf '%s\n' "$line" >> "$work/bad"
            fi
        done < "$bag/manifest-sha256.txt"
    done
    rm -rf "$bags"
done

status=0
while IFS= read -r line; do
    name=${line#*  }
    if [ ! -e "$to/${name#data/}" ]; then
        echo "lost: ${name#data/}"
        status=1
    fi
done < "$work/bad"
of=$(sed -n '1s/.* of //p' "$work/blocks")
number=1
while [ "$number" -le "${of:-1}" ]; do
    if ! grep -q "^$number of " "$work/blocks"; then
        echo "no tar holds datablock $number of ${of:-?}"
        status=1
    fi
    number=$((number + 1))
done
echo "$(sort -u "$work/good" | wc -l) files are back, each with the sha256 in its manifest"
rm -rf "$work"
exit $status
