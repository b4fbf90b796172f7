"""What any program needs: errors, files, processes, words."""
