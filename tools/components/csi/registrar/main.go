// Tells the kubelet where a CSI driver listens, and answers what it asks about it, until it is ended.
//
//	csi-registrar DRIVER DRIVER_SOCKET REGISTRY_FOLDER
//
// The sidecar that does this in a cluster is no Go module that can be required; this is its part of the protocol
// (k8s.io/kubelet/pkg/apis/pluginregistration/v1).
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"google.golang.org/grpc"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

type driver struct {
	registration.UnimplementedRegistrationServer
	info registration.PluginInfo
}

func (d *driver) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &d.info, nil
}

func (d *driver) NotifyRegistrationStatus(
	_ context.Context, status *registration.RegistrationStatus,
) (*registration.RegistrationStatusResponse, error) {
	fmt.Printf("registered=%v %s\n", status.PluginRegistered, status.Error)
	return &registration.RegistrationStatusResponse{}, nil
}

func serve(name, endpoint, folder string) error {
	socket := filepath.Join(folder, name+"-reg.sock")
	if err := os.Remove(socket); err != nil && !os.IsNotExist(err) {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	registration.RegisterRegistrationServer(server, &driver{info: registration.PluginInfo{
		Type: registration.CSIPlugin, Name: name, Endpoint: endpoint, SupportedVersions: []string{"1.0.0"},
	}})
	return server.Serve(listener)
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: csi-registrar DRIVER DRIVER_SOCKET REGISTRY_FOLDER")
		os.Exit(2)
	}
	if err := serve(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
