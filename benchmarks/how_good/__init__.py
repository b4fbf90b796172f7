"""How good the models are on artists they have never heard, beside what they have to beat."""
