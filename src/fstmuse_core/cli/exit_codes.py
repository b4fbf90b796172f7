"""What the exit codes mean."""

SOME_FAILED = 1
WRONG_USE = 2
# As a shell gives them for processes ended by SIGINT and SIGPIPE.
INTERRUPTED = 130
PIPE_CLOSED = 141
