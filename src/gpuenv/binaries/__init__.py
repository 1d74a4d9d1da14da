"""Native libraries and wheels -> the GPU code inside. Facts only, no verdict."""
