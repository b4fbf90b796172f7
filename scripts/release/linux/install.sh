#!/bin/sh
# Put FstMuse into the desktop's menus and "Open with", and the command fstmuse into ~/.local/bin.
# ./install.sh sets it up for this folder; ./install.sh --remove takes it away again.
set -eu
APP=$(cd -- "$(dirname -- "$0")" && pwd -P)
SHARE=${XDG_DATA_HOME:-$HOME/.local/share}
BIN=$HOME/.local/bin
ID=io.github.fstmuse.FstMuse
cd "$APP/share"
find . -type f | while read -r file; do
    if [ "${1:-}" = --remove ]; then
        rm -f -- "$SHARE/$file"
    else
        mkdir -p -- "$(dirname -- "$SHARE/$file")"
        cp -- "$file" "$SHARE/$file"
    fi
done
if [ "${1:-}" = --remove ]; then
    rm -f -- "$BIN/fstmuse"
    echo "FstMuse is out of the menus; this folder can be deleted."
else
    mkdir -p -- "$BIN"
    ln -sf -- "$APP/fstmuse" "$BIN/fstmuse"
    # Menus do not look into ~/.local/bin everywhere, and a path may have blanks.
    quoted=$(printf '%s' "$APP/fstmuse" | sed 's/[\\"`$]/\\&/g; s/[\\&|]/\\&/g')
    sed -i "s|^Exec=fstmuse|Exec=\"$quoted\"|; s|^TryExec=.*||" "$SHARE/applications/$ID.desktop"
    echo "FstMuse is in the menus, and the command is $BIN/fstmuse."
fi
update-desktop-database "$SHARE/applications" 2>/dev/null || true
update-mime-database "$SHARE/mime" 2>/dev/null || true
