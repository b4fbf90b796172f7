# Sourced by run and test: sets PYTHON to a Python 3.11 or 3.12, or says that there is none.

is_supported() {
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' >/dev/null 2>&1
}

find_python() {
    local candidate
    for candidate in ${FSTMUSE_PYTHON:+"$FSTMUSE_PYTHON"} "$ROOT/.venv/bin/python" \
        python3.12 python3.11 python3 python \
        "$HOME"/.pyenv/versions/3.1[12].*/bin/python /opt/homebrew/bin/python3.1[12] \
        /usr/local/bin/python3.1[12] /usr/bin/python3.1[12] \
        /Library/Frameworks/Python.framework/Versions/3.1[12]/bin/python3; do
        if command -v "$candidate" >/dev/null && is_supported "$candidate"; then
            PYTHON=$candidate
            return
        fi
    done
    echo "FstMuse needs Python 3.11 or 3.12, and none was found ($(python3 -V 2>&1 || true))." >&2
    echo "Get one from https://www.python.org/downloads/ (macOS: brew install python@3.12," \
        "Debian and Ubuntu: apt-get install python3 python3-venv), or set FSTMUSE_PYTHON to it." >&2
    exit 1
}
