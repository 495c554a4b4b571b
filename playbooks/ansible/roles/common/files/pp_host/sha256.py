"""sha256 without OpenSSL, whose loading takes longer than all that a start hashes. `random` does the same."""

try:
    from _sha256 import sha256
except ImportError:
    from hashlib import sha256

__all__ = ['sha256']
