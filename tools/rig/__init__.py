"""The rig: a real kube-apiserver, etcd and kopia repository on this machine, with holdfast in front.

Used by `make cluster`, by tests/cluster and by tests/bench. Standard library only, Python 3.11.
"""
