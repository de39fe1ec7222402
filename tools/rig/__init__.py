"""The rig: a real kube-apiserver, etcd and kopia repository on this machine, with holdfast in front; or a whole node.

Used by `make cluster`, by tests/cluster, tests/node and tests/bench. Standard library only, Python 3.11.

components      where the real programs are          control_plane   etcd, kube-apiserver, kube-controller-manager
kube_api        a plain client                       objects         any kind of object, through that client
kopia_repo      a real backup repository             holdfast        a running `holdfast serve`
webhooks        the webhook configurations           guarded         all of these together
accounts        who holdfast is to the API server    audit           what it asked the API server for
crds            VolSync's and others' definitions    tcp_proxy       a wire that can be cut or go silent
volsync         the real VolSync operator            volsync_part    its part, and the storage's, played by hand
enclosure       namespaces that end with a block        node            kubelet, containerd, pod network, Services
node_storage    CSI volumes and snapshots               volsync_fork    the operator with the kopia mover
node_cluster    all of that and holdfast's image        node_install    a user's folder and shell
container_image images out of folders                   playground      what `make cluster` offers; _node: with a node
"""
