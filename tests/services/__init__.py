"""The three services over HTTP: what they answer, refuse, keep and never say."""
