"""Published files: from a mirror or the network, checked and unpacked."""
