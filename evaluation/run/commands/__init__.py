"""The commands around a run: compare, data, doctor, init, clean, manual. None of them changes a number."""
