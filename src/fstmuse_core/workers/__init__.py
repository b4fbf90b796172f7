"""Work in other processes, reported to the window as it goes."""
