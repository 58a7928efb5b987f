"""Makes the manifests: one module for each program that reads them."""
