"""What all rooms share: exact money, months, the policy, errors, the frozen result."""
