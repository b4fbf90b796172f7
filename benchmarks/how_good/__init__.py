"""Accuracy of the models on artists never heard, beside what they have to beat."""
