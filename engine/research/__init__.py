"""What portfolios are compared with and put through: pure functions of the pipeline's results."""
