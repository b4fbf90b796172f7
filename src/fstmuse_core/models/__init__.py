"""The models on this computer: list, rename, delete and restore, export, import."""
