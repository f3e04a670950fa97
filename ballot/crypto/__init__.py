"""Groups, proofs, keys and bytes: pure functions, randomness as an argument."""
