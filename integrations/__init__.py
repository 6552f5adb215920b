"""One file for each stranger: object stores, identity providers, and whatever else is not ours."""
