"""osteoaxis: what aromatase inhibitors do to bone, computed mechanism by mechanism."""
