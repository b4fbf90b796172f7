"""Work in other processes, told to the window as it goes."""
