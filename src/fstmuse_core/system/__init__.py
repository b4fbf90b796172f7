"""Parts that any program needs: errors, files, processes, words."""
