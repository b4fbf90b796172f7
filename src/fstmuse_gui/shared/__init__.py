"""What several tabs are made with."""
