"""Example adapters that let `hackatari evaluate --policy` play agents of other libraries."""
