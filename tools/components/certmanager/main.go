// cert-manager runs the certificate machinery of cert-manager against an API server, for tests. Its own programs are
// not part of the module that it publishes; the controllers in them are, and this puts together those that an
// installation with an authority of its own needs: no ACME, no Vault, no gateways.
//
//	cert-manager controller KUBECONFIG [FEATURE=BOOL,…]    issues and renews certificates
//	cert-manager cainjector KUBECONFIG [FEATURE=BOOL,…]    publishes authorities in webhook configurations
//
// SIGTERM ends it. There may be one of each: nobody is elected.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	utilfeature "github.com/cert-manager/cert-manager/pkg/util/feature"
)

var parts = map[string]func(ctx context.Context, kubeconfig string) error{
	"controller": runController,
	"cainjector": runCainjector,
}

func main() {
	if len(os.Args) < 3 || len(os.Args) > 4 || parts[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: cert-manager controller|cainjector KUBECONFIG [FEATURE=BOOL,…]")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], strings.Join(os.Args[3:], "")); err != nil {
		fmt.Fprintln(os.Stderr, "cert-manager:", err)
		os.Exit(1)
	}
}

func run(part, kubeconfig, features string) error {
	ctrl.SetLogger(klog.Background())
	if err := utilfeature.DefaultMutableFeatureGate.Set(features); err != nil {
		return err
	}
	return parts[part](ctrl.SetupSignalHandler(), kubeconfig)
}
