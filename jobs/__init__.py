"""What happens later, or on a clock."""
