# What a real node needs beside the control plane. Sourced by `build`, whose functions it uses.
#
# The fork of VolSync with the kopia mover and the hostpath driver are in no package registry. Their pinned sources come
# from archives <name>-<revision>.tar.xz in HOLDFAST_SOURCES or in ../shared/sources beside the checkout, or else by git
# from their public repositories. Without a source its program is left out, and this says so.
# shellcheck shell=bash

debian_packages=(containerd runc containernetworking-plugins)  # unpacked, not installed: no service is started
mover_packages=jq,gawk

# source_of NAME REVISION URL: afterwards $source is the folder of the source, or empty.
source_of() {
  local name=$1-$2 folder
  source=$store/source-$name
  if [[ -d $source ]]; then
    touch "$source"
    return
  fi
  rm -rf "$source.part"
  mkdir "$source.part"
  for folder in ${HOLDFAST_SOURCES:+"$HOLDFAST_SOURCES"} "$here/../../../shared/sources"; do
    if [[ -f $folder/$name.tar.xz ]] && tar -xf "$folder/$name.tar.xz" -C "$source.part" --strip-components=1; then
      mv "$source.part" "$source"
      return
    fi
  done
  if timeout 120 git clone --quiet --no-checkout "$3" "$source.part" 2>"$store/.git.log" &&
    git -C "$source.part" checkout --quiet "$2" 2>>"$store/.git.log"; then
    mv "$source.part" "$source"
    return
  fi
  say "LEFT OUT $1: no $name.tar.xz in HOLDFAST_SOURCES, and $3 cannot be had ($(tail -n 1 "$store/.git.log"))"
  rm -rf "$source.part"
  source=
}

build_csi() {
  local program
  for program in external-provisioner/v5/cmd/csi-provisioner external-snapshotter/v8/cmd/csi-snapshotter \
    external-snapshotter/v8/cmd/snapshot-controller; do
    build "${program##*/}" "$here/csi" "github.com/kubernetes-csi/$program" "${program##*/}"
  done
  build csi-registrar "$here/csi" ./registrar csi-registrar
  build pause "$here/csi" ./pause pause -ldflags "-s -w"
}

# Without a version it does not answer GetPluginInfo.
build_hostpath() {
  source_of csi-driver-host-path 1f2b2e64 https://github.com/kubernetes-csi/csi-driver-host-path
  [[ -z $source ]] || GO_MODULES=vendor build hostpathplugin "$source" ./cmd/hostpathplugin \
    "the hostpath driver" -ldflags "-s -w -X main.version=v1.17.0-1f2b2e64"
}

# The operator, its resource definitions in fork-crds/, and its kopia mover in fork-mover/.
build_volsync_fork() {
  source_of volsync-fork 6966ac30 https://github.com/perfectra1n/volsync
  [[ -n $source ]] || return 0
  build volsync-fork "$source" ./cmd "the fork of VolSync with the kopia mover" -ldflags "-s -w"
  [[ -n $made ]] || return 0
  [[ -d $made/fork-crds ]] || cp -r "$source/config/crd/bases" "$made/fork-crds"
  [[ -d $made/fork-mover ]] || cp -r "$source/mover-kopia" "$made/fork-mover"
}

# The folder containerd-root/ with containerd, runc and the network plugins of Debian.
fetch_containerd() {
  folder_for containerd-root "${debian_packages[@]}" || return 0
  say "fetching ${debian_packages[*]}"
  local packages=$made/.packages
  rm -rf "$packages" "$made/.part"
  mkdir -p "$packages"
  fetch_debs() { (cd "$packages" && apt-get download -qq -o APT::Sandbox::User=root "${debian_packages[@]}") >"$made/.log" 2>&1; }
  fetch_debs || { apt-get update -qq >/dev/null 2>&1 && fetch_debs; } || {
    tail -n 5 "$made/.log" >&2
    say "LEFT OUT containerd: its Debian packages cannot be had"
    return 0
  }
  local package
  for package in "$packages"/*.deb; do dpkg -x "$package" "$made/.part"; done
  rm -rf "$packages"
  mv "$made/.part" "$made/containerd-root"
}

# The folder mover-root/: Debian with what the mover's script calls; the fork's own image has the same on another base.
make_mover() {
  [[ $EUID == 0 ]] || { say "LEFT OUT the mover's image: only root can make it"; return 0; }
  folder_for mover-root "$mover_packages" || return 0
  command -v debootstrap >/dev/null || { say "LEFT OUT the mover's image: debootstrap is missing"; return 0; }
  say "making the root of the mover's image (about half a minute)"
  rm -rf "$made/.part"
  debootstrap --variant=minbase --include="$mover_packages" bookworm "$made/.part" >"$made/.log" 2>&1 || {
    tail -n 5 "$made/.log" >&2
    say "LEFT OUT the mover's image: debootstrap failed"
    return 0
  }
  rm -rf "$made/.part"/{usr/share/{doc,man,locale},var/{cache,lib}/apt}
  mv "$made/.part" "$made/mover-root"
}

build_node() {
  build_kube kubelet ""
  build_kube kube-scheduler ""
  build_kube kube-proxy ""
  build_csi
  build_hostpath
  build_volsync_fork
  fetch_containerd
  make_mover
}
