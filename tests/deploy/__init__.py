"""What is deployed: images, compose, Kubernetes, the workflow."""
